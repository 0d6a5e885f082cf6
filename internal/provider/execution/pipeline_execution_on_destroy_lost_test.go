// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution_test

import (
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

func loseAnswer(kind string) mockserver.Fault {
	return mockserver.Fault{On: "execute", Kind: kind, Times: 1}
}

// A lost answer is an error even if exactly one run matches, and nothing is sent again while there is one.
func TestOnDestroy_lostAnswerIsLookedForFirst(t *testing.T) {
	t.Parallel()
	forOnDestroy(t, 2, mockserver.Run{Duration: mockserver.Duration(5 * time.Minute)}, nil,
		func(t *testing.T, server *mockserver.Server, created acctest.Instance) {
			server.Inject(loseAnswer(mockserver.FaultDropAfter))
			left := destroyed(t, server, created, true, "Pipeline may have been started")
			for range 2 {
				left = destroyed(t, server, left, true, server.Started()[0].ID, "terraform state rm", "-target=")
			}
			if posts := server.Calls("execute"); posts != 1 {
				t.Errorf("%d requests were sent, want one", posts)
			}
			first := server.Started()[0].ID
			if unfinished(left, "started_before") == "" || unfinished(left, "execution_id") != "" {
				t.Errorf("the instance is %s, want the time in which a run may have started", left.Value)
			}
			c := onDestroyCore(t, server)
			left, said := c.Apply(t.Context(), left, onDestroy(nil))
			if said.Failed() || unfinished(left, "started_before") == "" || !strings.Contains(said.String(), "It is running") {
				t.Errorf("the apply kept %s and said %s, want that %s is kept", left.Value, said, first)
			}
			<-time.After(10 * time.Minute)
			left, said = c.Apply(t.Context(), left, onDestroy(nil))
			if len(said) > 0 || !left.Attributes()["unfinished_run"].IsNull() {
				t.Errorf("the apply kept %s and said %s, want nothing", left.Value, said)
			}
			destroyed(t, server, left, false)
		})
}

func TestOnDestroy_lostAnswerThatStartedNothingRunsWithTheNextDestroy(t *testing.T) {
	t.Parallel()
	forOnDestroy(t, 1, mockserver.Run{}, nil,
		func(t *testing.T, server *mockserver.Server, created acctest.Instance) {
			server.Inject(loseAnswer(mockserver.FaultDrop))
			left := destroyed(t, server, created, true, "Pipeline may have been started", "No matching execution")
			destroyed(t, server, left, false)
		})
}

func TestOnDestroy_runListedLateIsFoundByTheNextDestroy(t *testing.T) {
	t.Parallel()
	forOnDestroy(t, 1, mockserver.Run{}, nil,
		func(t *testing.T, server *mockserver.Server, created acctest.Instance) {
			server.Update(func(s *mockserver.Scenario) { s.VisibleAfter = mockserver.Duration(50 * time.Second) })
			server.Inject(loseAnswer(mockserver.FaultDropAfter))
			left := destroyed(t, server, created, true, "No matching execution")
			destroyed(t, server, left, true, server.Started()[0].ID)
		})
}

// The lost run itself may be what refuses the next start. It is still looked for after that.
func TestOnDestroy_refusedStartDoesNotForgetALostAnswer(t *testing.T) {
	t.Parallel()
	more := map[string]tftypes.Value{"execution_tag": acctest.String("archive")}
	forOnDestroy(t, 1, mockserver.Run{Duration: mockserver.Duration(5 * time.Minute)}, more,
		func(t *testing.T, server *mockserver.Server, created acctest.Instance) {
			server.Update(func(s *mockserver.Scenario) { s.VisibleAfter = mockserver.Duration(4 * time.Minute) })
			server.Inject(loseAnswer(mockserver.FaultDropAfter))
			left := destroyed(t, server, created, true, "No matching execution")
			left = destroyed(t, server, left, true, "Execution tag already in use")
			<-time.After(10 * time.Minute)
			destroyed(t, server, left, true, server.Started()[0].ID)
		})
}

func TestOnDestroy_startsNothingWhileItCannotLook(t *testing.T) {
	t.Parallel()
	forOnDestroy(t, 1, mockserver.Run{}, nil,
		func(t *testing.T, server *mockserver.Server, created acctest.Instance) {
			server.Inject(loseAnswer(mockserver.FaultDropAfter))
			server.Inject(mockserver.Fault{On: "list", Kind: mockserver.FaultStatus, Status: 403})
			left := destroyed(t, server, created, true, "Looking for the execution in the list of executions failed")
			left = destroyed(t, server, left, true, "It is not known whether", "403")
			left, said := onDestroyCore(t, server).Apply(t.Context(), left, onDestroy(nil))
			if said.Failed() || unfinished(left, "started_before") == "" {
				t.Errorf("the apply kept %s and said %s, want that the window is kept", left.Value, said)
			}
		})
}

// What is looked for next is in the times of both answers that were lost.
func TestOnDestroy_secondLostAnswerDoesNotForgetTheFirst(t *testing.T) {
	t.Parallel()
	forOnDestroy(t, 1, mockserver.Run{}, nil,
		func(t *testing.T, server *mockserver.Server, created acctest.Instance) {
			server.Update(func(s *mockserver.Scenario) { s.VisibleAfter = mockserver.Duration(10 * time.Minute) })
			server.Inject(loseAnswer(mockserver.FaultDropAfter))
			left := destroyed(t, server, created, true, "No matching execution")
			<-time.After(5 * time.Minute)
			server.Inject(loseAnswer(mockserver.FaultDrop))
			left = destroyed(t, server, left, true, "No matching execution")
			<-time.After(10 * time.Minute)
			destroyed(t, server, left, true, server.Started()[0].ID)
		})
}
