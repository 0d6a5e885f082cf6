// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// ReadScenario reads a scenario file: one JSON object. A key that [Scenario] does not have is an error.
func ReadScenario(r io.Reader) (Scenario, error) {
	var s Scenario
	decoder := json.NewDecoder(r)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&s); err != nil {
		return Scenario{}, fmt.Errorf("reading the scenario: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Scenario{}, errors.New("reading the scenario: there is more than one JSON value")
	}
	if err := s.Validate(); err != nil {
		return Scenario{}, err
	}
	return s, nil
}

// Validate says what is wrong with the scenario.
func (s Scenario) Validate() error {
	var errs []error
	if s.ExecuteStatus != 0 && (s.ExecuteStatus < 200 || s.ExecuteStatus > 299) {
		errs = append(errs, fmt.Errorf("execute_status %d is not a success", s.ExecuteStatus))
	}
	for name, d := range map[string]Duration{
		"token_lifetime": s.TokenLifetime, "visible_after": s.VisibleAfter, "listed_after": s.ListedAfter,
		"latency": s.Latency, "rate_window": s.RateWindow,
	} {
		if d < 0 {
			errs = append(errs, fmt.Errorf("%s must not be negative", name))
		}
	}
	errs = append(errs,
		oneOf("accepted_names", nameForms, s.AcceptedNames...),
		oneOf("answered_names", append([]string{"", NameAsked}, nameForms...), s.AnsweredNames),
		oneOf("ignored_filters", listFilter, s.IgnoredFilters...),
		oneOf("strict_accept", []string{"", AcceptRefuse, AcceptSucceed}, s.StrictAccept),
	)
	if s.RequestsPerMinute < 0 || s.MaxPageSize < 0 {
		errs = append(errs, errors.New("requests_per_minute and max_page_size must not be negative"))
	}
	errs = append(errs, unique("project", s.Projects, func(p Project) string { return cmp.Or(p.ID, p.Name) }))
	for _, p := range s.Projects {
		errs = append(errs, p.validate())
	}
	for _, f := range s.Faults {
		errs = append(errs, f.validate())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("scenario: %w", err)
	}
	return nil
}

func (p Project) validate() error {
	var errs []error
	if p.Name == "" {
		errs = append(errs, errors.New("a project has no name"))
	}
	errs = append(errs, unique("environment", p.Environments, func(e Environment) string { return e.Name }))
	for _, e := range p.Environments {
		errs = append(errs, e.validate())
	}
	return errors.Join(errs...)
}

func (e Environment) validate() error {
	errs := []error{
		unique("pipeline", e.Pipelines, func(p Pipeline) string { return p.Name }),
		unique("version", e.Versions, func(v Version) string { return v.Name }),
	}
	for _, v := range e.Versions {
		for _, name := range v.Pipelines {
			if !slices.ContainsFunc(e.Pipelines, func(p Pipeline) bool { return p.Name == name }) {
				errs = append(errs, fmt.Errorf("version %q: there is no pipeline %q", v.Name, name))
			}
		}
	}
	for _, p := range e.Pipelines {
		byTime := func(a, b Phase) int { return cmp.Compare(a.After, b.After) }
		if !slices.IsSortedFunc(p.Run.Phases, byTime) {
			errs = append(errs, fmt.Errorf("pipeline %q: phases are not in order of time", p.Name))
		}
	}
	return errors.Join(errs...)
}

// oneOf demands that each word is one of those that have a meaning.
func oneOf(key string, words []string, given ...string) error {
	for _, word := range given {
		if !slices.Contains(words, word) {
			return fmt.Errorf("%s %q: must be one of %s", key, word, strings.Trim(strings.Join(words, ", "), ", "))
		}
	}
	return nil
}

// unique demands names that are not empty and differ.
func unique[T any](kind string, items []T, name func(T) string) error {
	seen := map[string]bool{}
	for _, item := range items {
		key := name(item)
		if strings.TrimSpace(key) == "" {
			return fmt.Errorf("a %s has no name", kind)
		}
		if seen[key] {
			return fmt.Errorf("%s %q is there twice", kind, key)
		}
		seen[key] = true
	}
	return nil
}

func (f Fault) validate() error {
	known := slices.ContainsFunc(routes, func(r route) bool { return r.operation == f.On })
	switch {
	case f.On != "" && !known:
		return fmt.Errorf("fault on %q: no such operation", f.On)
	case !slices.Contains(faultKinds, f.Kind):
		return fmt.Errorf("fault kind %q: must be one of %s", f.Kind, strings.Join(faultKinds, ", "))
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return fmt.Errorf("fault status %d: must be from 200 to 599", f.Status)
	case f.Percent < 0 || f.Percent > 100:
		return fmt.Errorf("fault percent %v: must be from 0 to 100", f.Percent)
	case f.Skip < 0 || f.Times < 0 || f.Delay < 0:
		return fmt.Errorf("fault %q: skip, times and delay must not be negative", f.Kind)
	}
	return nil
}
