// Package matillion is a client of the public REST API of Matillion's Data Productivity Cloud ("Maia").
//
// It knows HTTP and JSON and nothing of Terraform. What it is for is starting published pipelines and following
// their executions, so that no execution is ever started twice and none that was started is lost:
//
//   - [Client.Start] sends the execute call, and sends it again only when it provably started nothing. When an answer
//     is lost it looks for the execution instead, and adopts it only where there is no doubt.
//   - [Client.Wait] follows an execution until it has ended, through errors, expired tokens and unknown statuses.
//     Executions that are followed at the same time are asked for together.
//   - [Client.Stop] cancels an execution, softly first.
//
// The other methods are single calls that look things up. They are repeated when a repetition may help; see [Client].
//
// The API is documented at https://docs.maia.ai/api-reference. Where the documentation is silent, the code behaves
// well either way, and a comment says which way is assumed: any 2xx is a success, an answer may be wrapped in
// {"result": ...}, a status that is not known has not ended.
package matillion
