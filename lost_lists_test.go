
// What is listed without an id cannot be taken, nor named to a person.
func TestLost_anExecutionWithoutAnIDIsNone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{
			run: forever, started: 1, scenario: mockserver.Scenario{Faults: once(lostAfter)},
			alter: alterListed(t, func(e map[string]any) { delete(e, "pipelineExecutionId") }),
		})
		started, err := c.Executions.Start(t.Context(), testRequest(), StartOptions{})
		wantEqual(t, "outcome", verdict(started, err), "maybe: 0 candidates")
	})
}
