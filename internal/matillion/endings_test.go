package matillion

import (
	"strconv"
	"testing"
	"testing/synctest"
)

func TestEndings_areKeptByProjectAndNotTooMany(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{})
		refs := c.running(10, c.began)
		for _, ref := range refs {
			c.server.Finish(ref.ID, "SUCCESS", "")
		}
		together(len(refs), func(i int) {
			if _, err := c.Executions.reader.read(t.Context(), refs[i].since(c.began), true); err != nil {
				t.Error(err)
			}
		})
		if _, known := c.Executions.reader.ended.recall(refs[0], 0); !known {
			t.Error("what has ended is not remembered")
		}
		if _, known := c.Executions.reader.ended.recall(Handle{ProjectID: testID, ID: refs[0].ID}, 0); known {
			t.Error("an execution was taken for one of another project")
		}
		for i := range 3 * endedAtMost {
			c.Executions.reader.ended.remember([]Execution{{ID: strconv.Itoa(i), ProjectID: testProject, Status: StatusSuccess}}, 0)
		}
		wantBetween(t, "remembered", len(c.Executions.reader.ended.known), 1, endedAtMost+1)
	})
}
