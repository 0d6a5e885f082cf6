// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

// lostStart is a server that loses the answer to a start, and what it answers afterwards.
type lostStart struct {
	flat          bool
	names         string
	trigger       string
	listed, takes time.Duration
	tag           string
	fault         string
}

// faults are the ways in which an answer is lost.
func (l lostStart) faults() mockserver.Fault {
	return map[string]mockserver.Fault{
		"504 after":     {On: "execute", Kind: mockserver.FaultStatusAfter, Status: 504},
		"504 before":    {On: "execute", Kind: mockserver.FaultStatus, Status: 504},
		"dropped after": {On: "execute", Kind: mockserver.FaultDropAfter},
		"no id":         {On: "execute", Kind: mockserver.FaultNoID},
	}[l.fault]
}

// lostStarts are all that decide about an adoption, each with one of the rest in turn. The client's tests have the
// whole product.
func lostStarts() (all []lostStart) {
	for _, names := range []string{mockserver.NameAsked, mockserver.NamePublished, mockserver.NameBare} {
		for _, trigger := range []string{"API", "UNKNOWN", mockserver.TriggerAbsent} {
			for _, listed := range []time.Duration{0, 5 * time.Second, 40 * time.Second} {
				for _, fault := range []string{"504 after", "504 before", "dropped after", "no id"} {
					rest := len(all) + len(all)/8 // It does not keep step with the faults.
					all = append(all, lostStart{
						rest&1 == 0, names, trigger, listed, []time.Duration{time.Second, time.Hour}[rest>>1&1],
						[]string{"", "tag"}[rest>>2&1], fault,
					})
				}
			}
		}
	}
	return all
}

const askedName, publishedName = "setup/seed", "setup/seed.orch.yaml"

func (l lostStart) scenario() mockserver.Scenario {
	s := acctest.Scenario(mockserver.Run{})
	s.Projects[0].Environments[0].Pipelines = []mockserver.Pipeline{{
		Name: publishedName, Run: mockserver.Run{Duration: mockserver.Duration(l.takes)},
	}}
	s.FlatDetails, s.AnsweredNames, s.ReportedTrigger = l.flat, l.names, l.trigger
	s.ListedAfter, s.Faults = mockserver.Duration(l.listed), []mockserver.Fault{l.faults()}
	return s
}

// A lost start is sent once, and its run is in the state or named in the diagnostics: by its id, or, if it is listed
// too late, by the time in which it started. Every import block that is printed imports, and leads to no run.
func TestLostStart_isNeverRepeatedAndNeverLost(t *testing.T) {
	t.Parallel()
	for _, l := range lostStarts() {
		t.Run(fmt.Sprintf("%+v", l), func(t *testing.T) {
			t.Parallel()
			runs := 1
			if l.fault == "504 before" {
				runs = 0
			}
			acctest.InBubble(t, runs, l.scenario(), func(t *testing.T, server *mockserver.Server) {
				c := newCore(t, server)
				config := acctest.Request()
				config["pipeline_name"] = acctest.String(askedName)
				if l.tag != "" {
					config["execution_tag"] = acctest.String(l.tag)
				}
				got, said := c.Apply(t.Context(), acctest.Instance{}, config)
				if posts := server.Calls(mockserver.OpExecute); posts != 1 {
					t.Errorf("%d requests to start were sent, want 1", posts)
				}
				l.check(t, server, got, said)
				importsAsPrinted(t, c, config, said)
			})
		})
	}
}

func (l lostStart) check(t *testing.T, server *mockserver.Server, got acctest.Instance, said acctest.Diagnostics) {
	t.Helper()
	certain := l.trigger == "API" && l.names != mockserver.NameBare && l.listed < 30*time.Second && l.fault != "504 before"
	if adopted := got.Exists(); adopted != certain || said.Failed() == certain {
		t.Fatalf("adopted %v, want %v: %s", adopted, certain, said)
	}
	if l.fault == "504 before" {
		return
	}
	run := server.Started()[0]
	switch {
	case certain && got.Attribute("id") != run.ID:
		t.Errorf("the state has the execution %s, want %s", got.Attribute("id"), run.ID)
	case !certain && l.listed < 30*time.Second && !strings.Contains(said.String(), run.ID):
		t.Errorf("the execution %s is in neither the state nor the diagnostics: %s", run.ID, said)
	case !certain && !startedBetween(t, said, run.StartedAt):
		t.Errorf("the execution started at %s, which no window holds: %s", run.StartedAt, said)
	}
}

var window = regexp.MustCompile(`Started between: (\S+) and (\S+)`)

func startedBetween(t *testing.T, said acctest.Diagnostics, at time.Time) bool {
	t.Helper()
	match := window.FindStringSubmatch(said.String())
	if match == nil {
		return false
	}
	from, fromErr := time.Parse(time.RFC3339, match[1])
	until, untilErr := time.Parse(time.RFC3339, match[2])
	return fromErr == nil && untilErr == nil && !at.Before(from) && !at.After(until.Add(time.Second))
}

var importID = regexp.MustCompile(`id = "([^"]+)"`)

func importsAsPrinted(
	t *testing.T, c *acctest.Resource, config map[string]tftypes.Value, said acctest.Diagnostics,
) {
	t.Helper()
	for _, match := range importID.FindAllStringSubmatch(said.String(), -1) {
		if strings.HasSuffix(match[1], "/EXECUTION_ID") {
			continue // for a person to fill in
		}
		imported, err := c.Provider.ImportResourceState(t.Context(), &tfprotov6.ImportResourceStateRequest{
			TypeName: c.Type, ID: match[1],
		})
		if err != nil || len(imported.Diagnostics) > 0 || len(imported.ImportedResources) != 1 {
			t.Fatal(err, imported.Diagnostics)
		}
		first := imported.ImportedResources[0]
		instance, said := c.Apply(t.Context(), acctest.Instance{
			Value: c.Decode(first.State), Private: first.Private,
		}, config)
		if said.Failed() || !strings.HasSuffix(match[1], instance.Attribute("id")) {
			t.Errorf("the import of %s: state %s, %s", match[1], instance.Attribute("id"), said)
		}
	}
}
