// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

// Package matillion is a client of the public REST API of Matillion's Data Productivity Cloud ("Maia").
//
// It knows HTTP and JSON and nothing of Terraform. What it is for is starting published pipelines and following
// their executions, so that no execution is ever started twice and none that was started is lost:
//
//   - [ExecutionsService.Start] sends the execute call, and sends it again only when it provably started nothing. When
//     an answer is lost it looks for the execution instead, and adopts it only where there is no doubt, which is to
//     keep it as if the call had started it: start.go, ledger.go, lost.go, shared_looks.go. An execution that holds a
//     tag can be adopted too: attach.go. What a call may have started is remembered beyond the process as a [Window]:
//     window.go.
//   - [ExecutionsService.Wait] follows an execution until it has ended, through errors, expired tokens and unknown
//     statuses: wait.go, poll_schedule.go. Executions that are read at the same time are asked for together:
//     batch_reader.go, walk.go, finished_cache.go.
//   - [ExecutionsService.Stop] cancels an execution, softly first: stop.go.
//   - [ExecutionsService.List] lists executions, and [ExecutionsService.Steps] the steps of one: executions.go,
//     steps.go.
//
// The other services look things up, a method a call. Every request goes through request.go; when it may be sent again
// is the policy that it carries, in retry.go. How two names of a pipeline relate is in names.go.
//
// The API is documented at https://docs.maia.ai/api-reference. Where the documentation is silent, the code behaves
// well either way, and a comment says which way is assumed: any 2xx is a success, an answer may be wrapped in
// {"result": ...}, a status that is not known has not ended.
package matillion
