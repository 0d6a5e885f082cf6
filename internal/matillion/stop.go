package matillion

import (
	"context"
	"errors"
	"time"
)

// graceToEnd is how long a soft cancellation may take before it is forced.
const graceToEnd = time.Minute

// Stop cancels an execution and waits until it has ended: softly first, and by force when that has not ended it within
// a minute. An execution that has ended meanwhile is returned as it is. The error is that of the cancel call or of the
// wait; what is known of the execution comes with it.
func (c *Client) Stop(ctx context.Context, ref Ref, since time.Time) (Execution, error) {
	execution, err := c.stop(ctx, ref, since, false)
	if ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded) {
		return execution, err
	}
	forced, err := c.stop(ctx, ref, since, true)
	if forced.Status == "" {
		forced = execution
	}
	return forced, err
}

// stop asks for the end once, and waits for it: softly for no longer than the grace, which begins when the call has been
// accepted. What a server answers about an execution that has ended already is not documented, so a refusal is held
// against where the execution stands.
func (c *Client) stop(ctx context.Context, ref Ref, since time.Time, force bool) (Execution, error) {
	if err := c.cancel(ctx, ref, force); err != nil {
		execution, readErr := c.Execution(ctx, ref, since)
		if readErr == nil && execution.Status.Ended() {
			return execution, nil
		}
		if IsNotFound(err) && readErr != nil {
			err = readErr
		}
		return execution, err
	}
	if !force {
		grace, cancel := context.WithTimeout(ctx, graceToEnd)
		defer cancel()
		ctx = grace
	}
	return c.Wait(ctx, ref, since, nil)
}
