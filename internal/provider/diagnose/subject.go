// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package diagnose

import (
	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
)

// Words are the summary of an error and what to do about it.
type Words struct{ Summary, Advice string }

// Subject is what a request is about. It has the words for the kinds of errors that mean something of their own there,
// and advises only arguments that its callers have. All other kinds mean the same whatever is asked.
type Subject map[matillion.Kind]Words

// Words returns what an error means.
func (s Subject) Words(err error) Words {
	kind := matillion.KindOf(err)
	if words, special := s[kind]; special {
		return words
	}
	return anySubject[kind]
}

// Failed words a request that failed. Doing says what was attempted, such as "Listing the projects".
func (s Subject) Failed(doing string, err error) diag.Diagnostic {
	words := s.Words(err)
	return Say("%s failed.", doing).Text(words.Advice).Answer(err).Error(words.Summary)
}

// ProjectSubject is a call that needs nothing but a project.
var ProjectSubject = Subject{
	matillion.KindNotFound: {
		Summary: "Project not found",
		Advice:  "Check project_id, and that the credentials have access to the project." + CheckAddress,
	},
}

// CheckAddress ends the advice about a 404 that may mean anything: the wrong address knows nothing at all.
const CheckAddress = " The region must be the account's. If api_url is set, check it too: the API's address ends in " +
	"/dpc."

var anySubject = map[matillion.Kind]Words{
	matillion.KindUnreachable: {
		"Matillion cannot be reached", "Check the network, proxy settings (HTTPS_PROXY, NO_PROXY), certificates " +
			"(SSL_CERT_FILE) and the region or api_url, and try again.",
	},
	matillion.KindCutShort: {
		"Interrupted", "The request was cut short by an interrupt or a timeout.",
	},
	matillion.KindCredentials: {
		"Matillion refused the credentials", "The identity service gave no access token. Check client_id and " +
			"client_secret (environment variables MATILLION_CLIENT_ID and MATILLION_CLIENT_SECRET), and token_url if it is set.",
	},
	matillion.KindNoToken: {
		"Matillion cannot be reached", "The identity service gave no access token. Check the network and token_url, and " +
			"that no proxy answers instead (HTTPS_PROXY, NO_PROXY), and try again.",
	},
	matillion.KindUnreadable: {
		"Unexpected answer from Matillion", "The answer cannot be understood. Check that the region or api_url is the " +
			"address of Matillion's API, and that no proxy answers instead.",
	},
	matillion.KindRedirect: {
		"Unexpected answer from Matillion", "The API redirects to another address, which is not followed. Check the " +
			"region or api_url.",
	},
	matillion.KindUnauthorized: {
		"Matillion refused the credentials", "The access token was not accepted. A ready token (argument token, " +
			"environment variable MATILLION_TOKEN) lives for 30 minutes; client credentials are renewed by the provider. " +
			"Check that the region is the account's.",
	},
	matillion.KindForbidden: {
		"Matillion denied access", "The credentials need a role in the project and in the environment that allows " +
			"this. Check the roles of the API credentials in Matillion, and account_id if it is set.",
	},
	matillion.KindNotFound: {
		"Not found in Matillion", "The API does not know what was asked for. Check that the credentials have access." +
			CheckAddress,
	},
	matillion.KindConflict: {
		"Matillion refused the request", "It conflicts with the current state of what it refers to. See what Matillion " +
			"says below.",
	},
	matillion.KindDisabled: {
		"Matillion refused the request", "It asks for something that is no longer available. See what Matillion says below.",
	},
	matillion.KindLimited: {
		"Matillion is limiting requests", "Too many requests were sent. Try again later, or lower the provider's " +
			"requests_per_minute if others share the limit.",
	},
	matillion.KindServer: {
		"Matillion is not available", "The API answers with an error of its own. Try again later.",
	},
	matillion.KindReadOnly: {
		"Provider is read-only", "The provider's read_only (environment variable MATILLION_READ_ONLY) is set, so nothing " +
			"was sent. To start, promote or cancel something, apply without it.",
	},
	matillion.KindRefused: {
		"Matillion refused the request", "Check the arguments against what Matillion says below.",
	},
}
