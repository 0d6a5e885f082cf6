// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

// Package mockserver is the part of the Matillion Data Productivity Cloud ("Maia") API that the provider uses, as an
// [http.Handler] with state.
//
// It is a state machine, not a playback: an execute call creates a run that unfolds as its pipeline's [Run] says, a
// cancel call ends it, a taken execution tag is refused with 409, a disabled pipeline with 410, a bad token with 401. A
// run's status is worked out from the time since its start when somebody asks, so nothing happens in the background and
// the server can be used under virtual time.
//
// It is written from the public documentation, with wire types of its own: it shares nothing with the client that it
// tests. Each route says whether the documentation confirms it (CONFIRMED) or whether it is assumed, and where the
// documentation leaves a choice, [Scenario] has a switch. Its default is what clients have reported of the real API,
// even where the documentation shows something else.
//
// [Server.Transport] serves it in process, [Command] serves it on loopback, and every other method answers a question
// after the fact, above all [Server.Started], the runs that were started, and [Server.Calls] of [OpExecute], the
// execute calls that were received, whatever became of them.
package mockserver
