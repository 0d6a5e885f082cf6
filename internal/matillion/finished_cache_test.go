// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"strconv"
	"testing"
	"testing/synctest"
)

func TestFinishedCache_areKeptByProjectAndNotTooMany(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{})
		refs := c.running(10, c.began)
		for _, ref := range refs {
			c.server.Finish(ref.ID, "SUCCESS", "")
		}
		together(len(refs), func(i int) {
			if _, err := c.Executions.reader.read(t.Context(), refs[i].since(c.began), toFollow); err != nil {
				t.Error(err)
			}
		})
		if _, known := c.Executions.reader.finished.recall(refs[0], 0); !known {
			t.Error("what has ended is not remembered")
		}
		if _, known := c.Executions.reader.finished.recall(Handle{ProjectID: testID, ID: refs[0].ID}, 0); known {
			t.Error("an execution was taken for one of another project")
		}
		many := make([]Execution, finishedAtMost)
		for i := range many {
			many[i] = Execution{ID: strconv.Itoa(i), ProjectID: testProject, Status: StatusSuccess}
		}
		c.Executions.reader.finished.remember(many, 0)
		c.Executions.reader.finished.remember(many[:1], 0)
		wantEqual(t, "remembered", len(c.Executions.reader.finished.known), 1)
	})
}
