// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution_test

import (
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

// completed returns an instance of executions that have succeeded and have expired from the history since.
func (c completion) completed(n int) (ids []string, instance acctest.Instance) {
	c.t.Helper()
	for range n {
		ids = append(ids, c.running("SUCCESS")...)
	}
	instance, said := c.apply(acctest.Instance{}, waitFor(ids))
	if len(said) > 0 {
		c.t.Fatal(said)
	}
	for _, id := range ids {
		c.Forget(id)
	}
	return ids, instance
}

func TestCompletion_idsAreAddedInPlace(t *testing.T) {
	t.Parallel()
	completes(t, func(t *testing.T, c completion) {
		ids, instance := c.completed(2)
		longer := []string{c.running("SUCCESS")[0], ids[1], ids[0]}
		if planned := c.process().Plan(t.Context(), instance, waitFor(longer)); len(planned.RequiresReplace) > 0 {
			t.Errorf("the plan replaces because of %v", planned.RequiresReplace)
		}
		before := len(c.Requests())
		instance, said := c.apply(instance, waitFor(longer))
		if len(said) > 0 {
			t.Errorf("adding an id says %s", said)
		}
		wantEnds(t, instance, longer, "SUCCESS")
		for _, request := range c.Requests()[before:] {
			if strings.Contains(request.Path, ids[0]) || strings.Contains(request.Path, ids[1]) {
				t.Errorf("%s was asked for again", request.Path)
			}
		}
		c.wantNoCalls(instance, waitFor(longer))
	})
}

func TestCompletion_idsAreRemovedAndSortedWithoutACall(t *testing.T) {
	t.Parallel()
	completes(t, func(t *testing.T, c completion) {
		ids, instance := c.completed(3)
		fewer := []string{ids[2], strings.ToUpper(ids[0]), ids[2]}
		process := c.process()
		planned := process.Plan(t.Context(), instance, waitFor(fewer))
		if !process.Decode(planned.PlannedState).IsFullyKnown() {
			t.Error("the plan does not say what is known")
		}
		before := len(c.Requests())
		instance, said := c.apply(instance, waitFor(fewer))
		if calls := len(c.Requests()) - before; len(said) > 0 || calls != 0 {
			t.Errorf("%d calls; it says %s", calls, said)
		}
		wantEnds(t, instance, fewer, "SUCCESS")
		c.wantNoCalls(instance, waitFor(fewer))
	})
}

func TestCompletion_idsInAnotherCaseAreNoChange(t *testing.T) {
	t.Parallel()
	completes(t, func(t *testing.T, c completion) {
		ids, instance := c.completed(2)
		upper := []string{strings.ToUpper(ids[0]), ids[1]}
		process := c.process()
		planned := process.Plan(t.Context(), instance, waitFor(upper))
		if len(planned.Diagnostics) > 0 || !process.Decode(planned.PlannedState).Equal(instance.Value) {
			t.Errorf("the plan is %s, want no change", process.Decode(planned.PlannedState))
		}
		c.wantNoCalls(instance, waitFor(upper))

		// What changes changes as it is configured.
		swapped := []string{upper[1], upper[0]}
		instance, said := c.apply(instance, waitFor(swapped))
		if len(said) > 0 {
			t.Error(said)
		}
		wantEnds(t, instance, swapped, "SUCCESS")
	})
}

// Ids that are not known yet are neither those of the state nor none.
func TestCompletion_unknownIdsArePlannedAsUnknown(t *testing.T) {
	t.Parallel()
	completes(t, func(t *testing.T, c completion) {
		_, instance := c.completed(1)
		list := tftypes.List{ElementType: tftypes.String}
		for name, ids := range map[string]tftypes.Value{
			"the list": tftypes.NewValue(list, tftypes.UnknownValue),
			"an id":    tftypes.NewValue(list, []tftypes.Value{tftypes.NewValue(tftypes.String, tftypes.UnknownValue)}),
		} {
			for _, prior := range []acctest.Instance{{}, instance} {
				process := c.process()
				planned := process.Plan(t.Context(), prior, map[string]tftypes.Value{"execution_ids": ids})
				got := acctest.Instance{Value: process.Decode(planned.PlannedState)}.Attributes()["execution_ids"]
				if !got.Equal(ids) {
					t.Errorf("%s that is not known is planned as %s", name, got)
				}
			}
		}
	})
}

// An error leaves the state as it was, so that the change is planned again.
func TestCompletion_aChangeThatFailsIsMadeAgain(t *testing.T) {
	t.Parallel()
	for ended, summary := range map[string]string{
		"FAILED": "Pipeline execution failed", "": "Pipeline execution did not finish in time",
	} {
		completes(t, func(t *testing.T, c completion) {
			ids, instance := c.completed(1)
			longer := append(ids, c.running("SUCCESS")...)
			if ended != "" {
				c.Finish(longer[1], ended, "")
			}
			for range 2 {
				changed, said := c.apply(instance, limited(longer))
				wantError(t, said, summary, "The pipeline execution ", longer[1])
				if changed.Tainted || !changed.Value.Equal(instance.Value) {
					t.Errorf("the state is %v, want what it was", changed.Value)
				}
				instance = changed
			}
			longer[1] = c.running("SUCCESS")[0] // it has been run again
			instance, said := c.apply(instance, waitFor(longer))
			if len(said) > 0 {
				t.Error(said)
			}
			wantEnds(t, instance, longer, "SUCCESS")
		})
	}
}

func TestCompletion_taintWaitsAgain(t *testing.T) {
	t.Parallel()
	completes(t, func(t *testing.T, c completion) {
		ids := c.running("SUCCESS", "FAILED")
		instance, said := c.apply(acctest.Instance{}, waitFor(ids[:1]))
		instance.Tainted = true
		before := len(c.Requests())
		instance, more := c.apply(instance, waitFor(ids[:1]))
		if len(said) > 0 || len(more) > 0 || instance.Tainted || len(c.Requests()) == before {
			t.Errorf("%d calls; it says %s", len(c.Requests())-before, append(said, more...))
		}
	})
}

// An execution that was running when the instance was untainted is waited for.
func TestCompletion_untaintWaitsForWhatHasNotEnded(t *testing.T) {
	t.Parallel()
	completes(t, func(t *testing.T, c completion) {
		ids := c.running("SUCCESS", "FAILED")
		c.Finish(ids[0], "SUCCESS", "")
		instance, _ := c.apply(acctest.Instance{}, limited(ids))
		instance.Tainted = false
		c.Forget(ids[0])
		for range 2 {
			changed, said := c.apply(instance, waitFor(ids))
			wantError(t, said, "Pipeline execution failed", ids[1])
			instance = changed
		}
	})
}

func TestCompletion_destroyForgets(t *testing.T) {
	t.Parallel()
	completes(t, func(t *testing.T, c completion) {
		instance, _ := c.apply(acctest.Instance{}, limited(c.running("SUCCESS")))
		before := len(c.Requests())
		if said := c.process().Delete(t.Context(), instance); len(said) > 0 || len(c.Requests()) != before {
			t.Errorf("%d calls; it says %s", len(c.Requests())-before, said)
		}
	})
}

// An id that is not known yet is the usual case: what starts the execution is created by the same apply.
func TestCompletion_idsMayBeUnknownWhilePlanning(t *testing.T) {
	t.Parallel()
	list := tftypes.List{ElementType: tftypes.String}
	completes(t, func(t *testing.T, c completion) {
		ids, existing := c.completed(1)
		unknown := tftypes.NewValue(tftypes.String, tftypes.UnknownValue)
		for name, value := range map[string]tftypes.Value{
			"all":   tftypes.NewValue(list, tftypes.UnknownValue),
			"one":   tftypes.NewValue(list, []tftypes.Value{unknown}),
			"a few": tftypes.NewValue(list, []tftypes.Value{acctest.String(ids[0]), unknown}),
		} {
			config := map[string]tftypes.Value{"execution_ids": value}
			for _, prior := range []acctest.Instance{{}, existing} {
				process := c.process()
				planned := process.Plan(t.Context(), prior, config)
				if len(planned.Diagnostics) > 0 || len(planned.RequiresReplace) > 0 {
					t.Errorf("%s: the plan says %s and replaces %v", name, acctest.Diagnostics(planned.Diagnostics),
						planned.RequiresReplace)
				}
				plan := acctest.Instance{Value: process.Decode(planned.PlannedState)}.Attributes()
				if plan["executions"].IsKnown() || !plan["execution_ids"].Equal(value) {
					t.Errorf("%s: the plan is %v", name, plan)
				}
			}
		}
	})
}

func TestCompletion_refusesWhatIsNoListOfIDs(t *testing.T) {
	t.Parallel()
	list := tftypes.List{ElementType: tftypes.String}
	completes(t, func(t *testing.T, c completion) {
		for name, value := range map[string]tftypes.Value{
			"nothing":      acctest.Strings(),
			"a null":       tftypes.NewValue(list, []tftypes.Value{tftypes.NewValue(tftypes.String, nil)}),
			"an empty one": acctest.Strings(""),
		} {
			process := c.process()
			validated, err := process.Provider.ValidateResourceConfig(t.Context(), &tfprotov6.ValidateResourceConfigRequest{
				TypeName: process.Type,
				Config:   process.Encode(process.Object(process.Schema(), map[string]tftypes.Value{"execution_ids": value})),
			})
			if err != nil || !acctest.Diagnostics(validated.Diagnostics).Failed() {
				t.Errorf("%s is accepted", name)
			}
		}
	})
}

// An id means an execution of one project.
func TestCompletion_anotherProjectIsAnotherInstance(t *testing.T) {
	t.Parallel()
	completes(t, func(t *testing.T, c completion) {
		ids, instance := c.completed(1)
		config := waitFor(ids)
		config["project_id"] = acctest.String(otherProjectID)
		planned := c.process().Plan(t.Context(), instance, config)
		if len(planned.RequiresReplace) != 1 {
			t.Errorf("the plan replaces because of %v, want project_id", planned.RequiresReplace)
		}
		process := c.process()
		configuration := map[string]tftypes.Value{
			"region": acctest.String("eu"), "token": acctest.String("token"),
			"project_id": tftypes.NewValue(tftypes.String, tftypes.UnknownValue),
		}
		process.Configure(configuration)
		if planned := process.Plan(t.Context(), instance, waitFor(ids)); len(planned.RequiresReplace) > 0 ||
			!process.Decode(planned.PlannedState).Equal(instance.Value) {
			t.Error("a project that the provider does not know yet is taken for a change")
		}
	})
}

func TestCompletion_readsNothingInARefresh(t *testing.T) {
	t.Parallel()
	completes(t, func(t *testing.T, c completion) {
		ids := c.running("SUCCESS")
		instance, _ := c.apply(acctest.Instance{}, limited(ids))
		<-time.After(time.Hour)
		before := c.Calls(mockserver.OpDetails)
		read, said := c.process().Refresh(t.Context(), instance)
		if len(said) > 0 || !read.Value.Equal(instance.Value) || c.Calls(mockserver.OpDetails) != before {
			t.Errorf("a refresh comes to %v and says %s", read.Value, said)
		}
	})
}
