// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package diagnose

import (
	"cmp"
	"path"
	"slices"
	"strconv"
	"strings"
)

// fewNames is how many names are listed at most, and nearNames how many of those that are near.
const (
	fewNames  = 10
	nearNames = 3
)

// DidYouMean adds the existing names that may have been meant by one that does not exist, or all of them if they are
// few.
func (m *Message) DidYouMean(meant string, names []string) *Message {
	names = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return strings.TrimSpace(name) == "" })
	near := Nearest(meant, names)
	switch {
	case len(near) > 0:
		return m.Say("Did you mean %s?", quoted(near[:min(nearNames, len(near))], " or "))
	case len(names) > 0 && len(names) <= fewNames:
		return m.Say("There are: %s.", quoted(names, ", "))
	default:
		return m
	}
}

func quoted(names []string, separator string) string {
	quotes := make([]string, 0, len(names))
	for _, name := range names {
		quotes = append(quotes, strconv.Quote(name))
	}
	return strings.Join(quotes, separator)
}

// Nearest returns those of the names that may have been meant by another, the nearest first. Near is what differs in
// few letters, in the whole name or in the last part of its path without the extension: the folder is easily forgotten.
func Nearest(meant string, names []string) []string {
	distances := map[string]int{}
	var near []string
	for _, name := range names {
		if distance, isNear := distanceBetween(meant, name); isNear {
			distances[name] = distance
			near = append(near, name)
		}
	}
	slices.SortStableFunc(near, func(a, b string) int { return cmp.Compare(distances[a], distances[b]) })
	return near
}

func distanceBetween(meant, name string) (distance int, isNear bool) {
	whole, wholeIsNear := fewEdits(meant, name)
	last, lastIsNear := fewEdits(lastPart(meant), lastPart(name))
	switch {
	case wholeIsNear && lastIsNear:
		return min(whole, last), true
	case wholeIsNear:
		return whole, true
	default:
		return last, lastIsNear
	}
}

// lastPart returns the last part of a path without its extension.
func lastPart(name string) string {
	last, _, _ := strings.Cut(path.Base(name), ".")
	return last
}

// fewEdits counts the edits between two names in lower case. One edit in four letters, and one more, is few.
func fewEdits(a, b string) (edits int, few bool) {
	short, long := []rune(strings.ToLower(a)), []rune(strings.ToLower(b))
	edits = editsBetween(short, long)
	return edits, edits <= 1+min(len(short), len(long))/4
}

// editsBetween counts the letters to insert, delete or replace to turn a into b: Levenshtein's distance.
func editsBetween(a, b []rune) int {
	row := make([]int, len(b)+1) // from a's first letters to each beginning of b
	for j := range row {
		row[j] = j
	}
	for i, letter := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j, other := range b {
			replaced := diagonal
			if letter != other {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
