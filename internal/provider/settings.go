// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/nullable"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/session"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/validate"
)

// maxRequestsPerMinute is far above what any server allows; the client remembers as many requests.
const maxRequestsPerMinute = 100_000

// settings is what the provider block and the environment say together.
type settings struct {
	// known is false while something that the API needs is not known yet; then there is no client.
	known      bool
	client     matillion.Config
	projectID  types.String
	planChecks session.CheckLevel
}

// resolveSettings takes each argument from the block, else from its environment variable.
func resolveSettings(config providerModel) (settings, diag.Diagnostics) {
	r := resolver{}
	resolved := settings{
		known:     true,
		projectID: r.text("MATILLION_PROJECT_ID", config.ProjectID),
	}
	if id := resolved.projectID.ValueString(); id != "" && !validate.IsUUID(id) {
		r.invalid("project_id", "MATILLION_PROJECT_ID", "a UUID", id)
	}
	planChecks := r.text("MATILLION_PLAN_CHECKS", config.PlanChecks)
	resolved.planChecks = session.ChecksWarn
	if level := planChecks.ValueString(); level != "" {
		resolved.planChecks = session.CheckLevel(level)
		if !slices.Contains(planCheckLevels(), level) {
			r.invalid("plan_checks", "MATILLION_PLAN_CHECKS", "one of "+strings.Join(planCheckLevels(), ", "), level)
		}
	}
	resolved.client.AccountID = r.credential("account_id", "MATILLION_ACCOUNT_ID", config.AccountID)
	resolved.client.TokenURL = r.address("token_url", "MATILLION_TOKEN_URL", config.TokenURL)
	resolved.client.Audience = r.value("MATILLION_AUDIENCE_URL", config.Audience)
	resolved.client.RequestsPerMinute = r.requestsPerMinute(config.RequestsPerMinute)
	resolved.client.BaseURL = r.baseURL(config)
	resolved.client.ReadOnly = r.flag("read_only", "MATILLION_READ_ONLY", config.ReadOnly)
	r.credentials(config, &resolved.client)
	resolved.known = !r.unknown
	return resolved, r.diags
}

// resolver reads arguments and collects what is wrong with them.
type resolver struct {
	unknown bool
	diags   diag.Diagnostics
}

// text returns an argument, which may be unknown or null.
func (r *resolver) text(variable string, configured types.String) types.String {
	if !configured.IsNull() {
		return configured
	}
	return nullable.String(fromEnvironment(variable))
}

// value returns an argument that the client needs, and notes when it is not known yet.
func (r *resolver) value(variable string, configured types.String) string {
	value := r.text(variable, configured)
	r.unknown = r.unknown || value.IsUnknown()
	// A secret that is read from a file often ends with a line break, which no header can carry.
	return strings.TrimSpace(value.ValueString())
}

// credential returns what is sent in a header or a form to say who asks. Its error does not show it.
func (r *resolver) credential(argument, variable string, configured types.String) string {
	value := r.value(variable, configured)
	if strings.ContainsFunc(value, func(c rune) bool { return unicode.IsSpace(c) || unicode.IsControl(c) }) {
		r.diags.AddAttributeError(path.Root(argument), "Invalid provider setting",
			fmt.Sprintf("The argument %s (environment variable %s) has white space or a control character inside. Check how "+
				"it was copied, or the file that it was read from.", argument, variable))
	}
	return value
}

func (r *resolver) address(argument, variable string, configured types.String) string {
	address := r.value(variable, configured)
	if address == "" {
		return ""
	}
	if _, err := matillion.ParseURL(address); err != nil {
		r.diags.AddAttributeError(path.Root(argument), "Invalid address",
			fmt.Sprintf("The argument %s (environment variable %s) is wrong: %s%s.",
				argument, variable, err, validate.Got(address)))
	}
	return address
}

func (r *resolver) requestsPerMinute(configured types.Int64) int {
	const variable = "MATILLION_REQUESTS_PER_MINUTE"
	r.unknown = r.unknown || configured.IsUnknown()
	text := fromEnvironment(variable)
	if !configured.IsNull() || text == "" {
		return int(configured.ValueInt64())
	}
	limit, err := strconv.Atoi(text)
	if err != nil || limit < 1 || limit > maxRequestsPerMinute {
		r.invalid("requests_per_minute", variable, fmt.Sprintf("a whole number from 1 to %d", maxRequestsPerMinute), text)
	}
	return limit
}

// flag returns an argument that is true or false. One that is not known yet keeps the API from being called.
func (r *resolver) flag(argument, variable string, configured types.Bool) bool {
	r.unknown = r.unknown || configured.IsUnknown()
	text := fromEnvironment(variable)
	if !configured.IsNull() || text == "" {
		return configured.ValueBool()
	}
	value, err := strconv.ParseBool(text)
	if err != nil {
		r.invalid(argument, variable, "true or false", text)
	}
	return value
}

// baseURL returns the address of the API: the one that is set, else the region's.
func (r *resolver) baseURL(config providerModel) string {
	const variable = "MATILLION_REGION"
	address := r.address("api_url", "MATILLION_API_URL", config.APIURL)
	name := r.text(variable, config.Region)
	region, err := matillion.ParseRegion(name.ValueString())
	switch {
	case name.ValueString() != "" && err != nil:
		r.diags.AddAttributeError(path.Root("region"), "Invalid region",
			fmt.Sprintf("The argument region (environment variable %s) must be one of %s%s.", variable,
				strings.Join(regionNames(), ", "), validate.Got(name.ValueString())))
	case address != "" || config.APIURL.IsUnknown():
		return address
	case name.IsUnknown():
		r.unknown = true
	case name.IsNull():
		r.diags.AddAttributeError(path.Root("region"), "Missing region",
			fmt.Sprintf("Set the argument region or the environment variable %s to the region of the Matillion account: "+
				"one of %s.", variable, strings.Join(regionNames(), ", ")))
	}
	return region.BaseURL()
}

// credentials takes a token, or a client id with its secret. What the block says decides which; without it, the
// environment does.
func (r *resolver) credentials(config providerModel, client *matillion.Config) {
	block := !config.ClientID.IsNull() || !config.ClientSecret.IsNull()
	if config.Token.IsNull() || block {
		client.ClientID = r.credential("client_id", "MATILLION_CLIENT_ID", config.ClientID)
		client.ClientSecret = r.credential("client_secret", "MATILLION_CLIENT_SECRET", config.ClientSecret)
	}
	if !block {
		client.Token = r.credential("token", "MATILLION_TOKEN", config.Token)
	}
	pair := client.ClientID != "" || client.ClientSecret != ""
	switch {
	case block && !config.Token.IsNull():
		r.diags.AddAttributeError(path.Root("token"), "Conflicting credentials",
			"The provider block sets token as well as client_id or client_secret. Remove one or the other. (The same goes for "+
				"the environment variables MATILLION_TOKEN, MATILLION_CLIENT_ID and MATILLION_CLIENT_SECRET.)")
	case client.Token != "" && pair:
		r.diags.AddAttributeError(path.Root("token"), "Conflicting credentials",
			"The environment sets MATILLION_TOKEN as well as MATILLION_CLIENT_ID or MATILLION_CLIENT_SECRET. "+
				"Unset one or the other, or set the arguments token, or client_id and client_secret, in the provider block.")
	case r.unknown || client.Token != "":
	default:
		r.missing(client.ClientID, "client_id", "MATILLION_CLIENT_ID")
		r.missing(client.ClientSecret, "client_secret", "MATILLION_CLIENT_SECRET")
	}
}

func (r *resolver) missing(value, argument, variable string) {
	if value != "" {
		return
	}
	r.diags.AddAttributeError(path.Root(argument), "Missing credentials",
		fmt.Sprintf("Set the argument %s or the environment variable %s. Matillion's API needs a client id and a client "+
			"secret, or a ready access token (argument token, environment variable MATILLION_TOKEN).", argument, variable))
}

func (r *resolver) invalid(argument, variable, want, got string) {
	r.diags.AddAttributeError(path.Root(argument), "Invalid provider setting",
		fmt.Sprintf("The argument %s (environment variable %s) must be %s%s.", argument, variable, want, validate.Got(got)))
}

func regionNames() []string {
	names := make([]string, 0, len(matillion.Regions()))
	for _, region := range matillion.Regions() {
		names = append(names, string(region))
	}
	return names
}

func planCheckLevels() []string {
	levels := make([]string, 0, len(session.CheckLevels()))
	for _, level := range session.CheckLevels() {
		levels = append(levels, string(level))
	}
	return levels
}
