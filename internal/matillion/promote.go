// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// PromoteRequest says which version to promote, from where and to where.
//
// https://docs.maia.ai/api-reference/artifacts/promotes-artifact
type PromoteRequest struct {
	ProjectID             string `json:"-"`
	SourceEnvironmentName string `json:"sourceEnvironmentName"`
	TargetEnvironmentName string `json:"targetEnvironmentName"`
	VersionName           string `json:"versionName"`
}

// PromoteOptions says how a promotion treats what the target has.
type PromoteOptions struct {
	// OverNewer promotes over a version that was created later, too.
	OverNewer bool
	// Replaces is the only version that is promoted over, "" for none. If it is nil, any is.
	Replaces *string
}

// Promoted is what a promotion came to: the target has the version.
type Promoted struct {
	// Sent is false where the target had the version already.
	Sent bool
	// Unordered is the version that the target had, where it could not be read which of the two was created later.
	Unordered string
	// Hidden says that the promotion was accepted, and that the target did not have the version half a minute later.
	Hidden bool
	// Unconfirmed says that the promotion was accepted by an answer that does not name the version, and that what the
	// target has cannot be read.
	Unconfirmed bool
}

// checkHolds is for how long it holds what a promotion has read of its target.
const checkHolds = 100 * time.Millisecond

// errNotToBeSent keeps a promotion from being sent that is no longer to be.
var errNotToBeSent = errors.New("the promotion is not to be sent")

// Promote makes a version of one environment the latest of another. There is no undo, so it reads first what the target
// has: nothing is sent where that is the version itself. A version that was created later is a [NewerVersionError], and
// one that is not to be replaced a [ChangedTargetError]. What cannot be read is promoted over. It reads again after
// every wait, such as one for the limit of requests. Promotions of this client to one target follow one another.
//
// A promotion has no idempotency key either, so it is sent again as [ExecutionsService.Start] sends the execute call:
// only when the last request provably was not acted upon. A lost answer is settled by reading what the target has; what
// reading does not settle is a [MaybePromotedError]. After any other error nothing was promoted.
//
// https://docs.maia.ai/api-reference/artifacts/promotes-artifact
func (s *ArtifactsService) Promote(ctx context.Context, req PromoteRequest, opts PromoteOptions) (Promoted, error) {
	line := s.targets.line(targetKey{strings.ToLower(req.ProjectID), strings.ToLower(req.TargetEnvironmentName)})
	if err := line.Acquire(ctx, 1); err != nil {
		return Promoted{}, err
	}
	defer line.Release(1)
	promoted, has, checkErr := s.checkTarget(ctx, req, opts)
	checkedAt := time.Now()
	if !promoted.Sent {
		return promoted, checkErr
	}
	answer := promoteAnswer{wanted: req}
	err := s.client.do(ctx, request{
		method:   http.MethodPost,
		elements: []string{"projects", req.ProjectID, "artifacts", "promotions"},
		body:     req,
		again:    func(err error, attempt int) bool { return promoted.Sent && notAccepted(err, attempt) },
		uncut:    true,
		onTurn: func() error {
			if time.Since(checkedAt) < checkHolds {
				return nil
			}
			if promoted, has, checkErr = s.checkTarget(ctx, req, opts); !promoted.Sent {
				return errNotToBeSent
			}
			checkedAt = time.Now()
			return nil
		},
	}, &answer)
	switch {
	case !promoted.Sent:
		return promoted, checkErr
	case err == nil:
		promoted.Hidden = s.staysHidden(ctx, req, has)
	case mayHaveActed(err):
		promoted.Unconfirmed, err = s.settle(ctx, req, err, answer.namesNothing)
	}
	if err != nil {
		return Promoted{}, err
	}
	return promoted, nil
}

// checkTarget reads whether a promotion is to be sent, and what it would replace. With an error it is not.
func (s *ArtifactsService) checkTarget(
	ctx context.Context, req PromoteRequest, opts PromoteOptions,
) (promoted Promoted, has Deployment, err error) {
	has, err = s.Deployed(ctx, req)
	if err != nil || has.Version() == req.VersionName {
		return Promoted{}, has, err
	}
	if opts.Replaces != nil && has.Version() != "" && has.Version() != clipName(*opts.Replaces) {
		return Promoted{}, has, &ChangedTargetError{VersionName: has.Version(), Before: *opts.Replaces}
	}
	promoted.Sent = true
	if has.Version() == "" || opts.OverNewer {
		return promoted, has, nil
	}
	ordered, err := s.checkOrder(ctx, req, has.Latest)
	switch {
	case err != nil:
		return Promoted{}, has, err
	case !ordered:
		promoted.Unordered = has.Version()
	}
	return promoted, has, nil
}

// staysHidden waits until the target of a promotion that was accepted has something else than before: what comes next
// needs the version there. It reports whether that did not come to pass within half a minute.
func (s *ArtifactsService) staysHidden(ctx context.Context, req PromoteRequest, before Deployment) (hidden bool) {
	if !before.Readable {
		return false
	}
	look := func() (settled bool) {
		has, err := s.deployed(ctx, req, request{again: never, timeout: lookTimeout})
		if err != nil {
			return false
		}
		hidden = has.Readable && has.Version() == before.Version()
		return !hidden
	}
	if accepted := time.Now(); !look() {
		keepLooking(ctx, accepted, look)
	}
	return hidden
}

// promoteAnswer repeats the target and the version. An answer that does not is no proof of anything.
type promoteAnswer struct {
	EnvironmentName string `json:"environmentName"`
	VersionName     string `json:"versionName"`
	wanted          PromoteRequest
	// namesNothing says that the answer is empty, or an object without both names.
	namesNothing bool
}

func (a *promoteAnswer) readPartial(body []byte) (problem string) {
	err := json.Unmarshal(unwrap(body), a)
	isEmpty := len(bytes.TrimSpace(body)) == 0
	a.namesNothing = (err == nil || isEmpty) && a.VersionName == "" && a.EnvironmentName == ""
	switch {
	case err != nil:
		return jsonProblem(body, err)
	case a.VersionName == a.wanted.VersionName && strings.EqualFold(a.EnvironmentName, a.wanted.TargetEnvironmentName):
		return ""
	default:
		return "the answer does not name the version and its target"
	}
}

// unlessUntold is [unlessUnreadable] for a version asked for by its name: a server may answer about another one.
func unlessUntold(err error) error {
	if err == nil || KindOf(err) == KindUnreadable {
		return nil
	}
	return unlessUnreadable(err)
}

// checkOrder returns a [NewerVersionError] if what the target has was created later than what is to be promoted. It
// reports false if that cannot be read. Whether a promotion keeps the time of creation is not documented, so both are
// compared as the source has them; what the source does not have, as the target has it.
func (s *ArtifactsService) checkOrder(ctx context.Context, req PromoteRequest, has Artifact) (ordered bool, err error) {
	ours, err := s.Details(ctx, req.ProjectID, req.SourceEnvironmentName, req.VersionName)
	if err != nil {
		return false, unlessUntold(err)
	}
	theirs, err := s.Details(ctx, req.ProjectID, req.SourceEnvironmentName, has.Details.VersionName)
	if err != nil {
		theirs = has
	}
	theirCreation, ourCreation := theirs.Details.CreatedAt.Time, ours.Details.CreatedAt.Time
	switch {
	case unlessUntold(err) != nil:
		return false, err
	case theirCreation.IsZero(), ourCreation.IsZero(), theirCreation.Equal(ourCreation):
		return false, nil
	case theirCreation.After(ourCreation):
		return true, &NewerVersionError{
			VersionName: has.Details.VersionName, CreatedAt: theirCreation, OursCreatedAt: ourCreation,
		}
	default:
		return true, nil
	}
}

// settle reads what became of a promotion whose answer was lost: for half a minute, because nobody documents how long a
// promotion takes to show, or until the target has the version. After the end of the context it takes one more look,
// within five seconds. Where that cannot be read, a whole answer that names nothing counts as unconfirmed.
func (s *ArtifactsService) settle(
	ctx context.Context, req PromoteRequest, cause error, namesNothing bool,
) (unconfirmed bool, err error) {
	lostAt := time.Now()
	maybe := &MaybePromotedError{Cause: cause}
	look := func(ctx context.Context, urgent bool) (settled bool) {
		patience := request{again: never, timeout: lookTimeout, urgent: urgent}
		maybe.Has, maybe.LookErr = s.deployed(ctx, req, patience)
		return maybe.LookErr == nil && (!maybe.Has.Readable || maybe.Has.Version() == req.VersionName)
	}
	if !keepLooking(ctx, lostAt, func() bool { return look(ctx, false) }) {
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastSearch)
		defer cancel()
		_ = sleep(limited, listingTakes-time.Since(lostAt)) // Cut short, the look says so.
		look(limited, true)
	}
	_, isWhole := errors.AsType[*AnswerError](cause)
	switch {
	case maybe.Has.Version() == req.VersionName:
		return false, nil
	case namesNothing && isWhole && maybe.LookErr == nil && !maybe.Has.Readable:
		return true, nil
	}
	maybe.Looked = time.Since(lostAt).Round(time.Second)
	return false, maybe
}

// NewerVersionError says that nothing was promoted, because the target has a version that was created later.
type NewerVersionError struct {
	// VersionName is what the target has.
	VersionName string
	// CreatedAt is when that was created, and OursCreatedAt when the version was that was to be promoted.
	CreatedAt, OursCreatedAt time.Time
}

// Error names the version that the target has.
func (e *NewerVersionError) Error() string {
	return fmt.Sprintf("the target has the version %q, which was created later", e.VersionName)
}

// ChangedTargetError says that nothing was promoted, because the target has another version than the one that was to be
// replaced.
type ChangedTargetError struct {
	// VersionName is what the target has, and Before what was to be replaced.
	VersionName, Before string
}

// Error names both versions.
func (e *ChangedTargetError) Error() string {
	return fmt.Sprintf("the target has the version %q, and not %q as before", e.VersionName, e.Before)
}

// MaybePromotedError says that the request was sent, that its answer was lost, and that the target did not have the
// version as far as could be read.
type MaybePromotedError struct {
	// Cause is how the answer was lost.
	Cause error
	// Has is what the target has, as the last look saw it.
	Has Deployment
	// Looked is for how long it was looked at.
	Looked time.Duration
	// LookErr is why the last look failed; nil when it did not.
	LookErr error
}

// Error says how the answer was lost and what looking found.
func (e *MaybePromotedError) Error() string {
	switch {
	case e.LookErr != nil:
		return fmt.Sprintf("the version may have been promoted: %v; looking for it: %v", e.Cause, e.LookErr)
	case !e.Has.Readable:
		return fmt.Sprintf("the version may have been promoted: %v; what the target has cannot be read", e.Cause)
	default:
		return fmt.Sprintf("the version may have been promoted: %v; the target has %q", e.Cause, e.Has.Version())
	}
}

// Unwrap returns how the answer was lost.
func (e *MaybePromotedError) Unwrap() error { return e.Cause }
