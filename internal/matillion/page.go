// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
)

const (
	// pageSize is the largest page that the lists are known to give.
	pageSize = 100
	// maxPages bounds a list that never ends.
	maxPages = 300
)

// endlessPages is the error of a list whose pages lead nowhere.
func endlessPages(req request) error {
	return &AnswerError{
		Method: req.method, Path: req.path(), StatusCode: http.StatusOK,
		Problem: "the pages of the list do not come to an end",
	}
}

// morePages is the error of a list that is not read to its end.
func morePages(req request, read int) error {
	return &AnswerError{
		Method: req.method, Path: req.path(), StatusCode: http.StatusOK,
		Problem: fmt.Sprintf("the list has more than %d pages, which is as far as it is read", read),
	}
}

// page is an answer of the lists that are paged by number.
//
// https://docs.maia.ai/docs/api-reference/managing-project-variables
type page[T any] struct {
	Results results[T] `json:"results"`
	Total   *int       `json:"total"`
}

func (p *page[T]) check() string { return p.Results.check() }

// all collects every page of a list. A page that is empty or short ends it, as does the total, where there is one.
func all[T any](ctx context.Context, c *Client, query url.Values, elements ...string) ([]T, error) {
	var items, last []T
	for number := range maxPages {
		numbered := url.Values{"page": {strconv.Itoa(number)}, "size": {strconv.Itoa(pageSize)}}
		maps.Copy(numbered, query)
		var next page[T]
		if err := c.get(ctx, &next, numbered, elements...); err != nil {
			return nil, err
		}
		if len(last) > 0 && reflect.DeepEqual(last, next.Results.Items) {
			break
		}
		last = next.Results.Items
		items = append(items, last...)
		complete := next.Total != nil && len(items) >= *next.Total
		short := next.Total == nil && len(last) < pageSize
		if len(last) == 0 || complete || short {
			return items, nil
		}
	}
	return nil, endlessPages(request{method: http.MethodGet, elements: elements})
}
