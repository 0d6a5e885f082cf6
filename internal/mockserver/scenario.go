// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"slices"
	"time"

	"github.com/google/uuid"
)

// Defaults of [Scenario].
const (
	defaultClientID      = "mock-client-id"
	defaultClientSecret  = "mock-client-secret"
	defaultToken         = "mock-token"
	defaultTokenLifetime = Duration(30 * time.Minute)
	defaultExecuteStatus = 201
	defaultRateWindow    = Duration(time.Minute)
	defaultMaxPageSize   = 100
	defaultSeed          = 1
	defaultVersion       = "1.0.0"
	defaultPipelineType  = "ORCHESTRATION"
)

// Scenario says what the server serves and how. The zero value of each field means its default. As JSON its keys are
// the field names in snake case.
type Scenario struct {
	// ClientID and ClientSecret get a token; "mock-client-id" and "mock-client-secret" by default.
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	// Token is a ready bearer token that is accepted too, "mock-token" by default.
	Token string `json:"token"`
	// TokenLifetime is how long a token works that was asked for; 30m by default.
	TokenLifetime Duration `json:"token_lifetime"`
	// AccountID makes the server refuse (403) requests without this account-id header.
	AccountID string `json:"account_id"`
	// Projects are served; nil means [SampleProject], an empty list means none.
	Projects []Project `json:"projects"`
	// ExecuteStatus is the success code of the execute call, 201 by default.
	ExecuteStatus int `json:"execute_status"`
	// AcceptedNames are the forms in which an execute call may name a pipeline; [NamePublished] and [NamePath] by
	// default. If two pipelines fit, the form that is first decides, then the pipeline that is first.
	AcceptedNames []string `json:"accepted_names"`
	// AnsweredNames is the form in which answers name pipelines, [NamePublished] by default. With [NameAsked], lists of
	// what is published have the published names.
	AnsweredNames string `json:"answered_names"`
	// RandomIDs makes execution ids UUIDs of version 4. By default they are of version 7, with the start of the run.
	RandomIDs bool `json:"random_ids"`
	// FlatDetails answers details as the documentation shows them. By default they are as clients have met them:
	// {"result": {...}}, without the project id.
	FlatDetails bool `json:"flat_details"`
	// ReportedTrigger is what answers say about a run that the API has started: API by default, another word, or no
	// trigger at all for [TriggerAbsent].
	ReportedTrigger string `json:"reported_trigger"`
	// StartedAtOffset moves the times of runs against the Date header, either way.
	StartedAtOffset Duration `json:"started_at_offset"`
	// NullResults answers an empty page with null instead of [].
	NullResults bool `json:"null_results"`
	// PostOnly leaves the token and execute calls only: all else is 404.
	PostOnly bool `json:"post_only"`
	// VisibleAfter is how long a new run is unknown to every call but execute.
	VisibleAfter Duration `json:"visible_after"`
	// ListedAfter is how long a new run is missing from the list of executions, whatever else knows it.
	ListedAfter Duration `json:"listed_after"`
	// IgnoredFilters are the parameters of that list which have no effect, such as "status".
	IgnoredFilters []string `json:"ignored_filters"`
	// SingleStatus makes that list refuse (422) more than one status.
	SingleStatus bool `json:"single_status"`
	// PromotionTakes is how long a version that was promoted is missing from its target.
	PromotionTakes Duration `json:"promotion_takes"`
	// Latency delays every answer.
	Latency Duration `json:"latency"`
	// RequestsPerMinute is the number of API requests accepted in one RateWindow; others get 429. No limit by default.
	// Token requests are free.
	RequestsPerMinute int `json:"requests_per_minute"`
	// RateWindow is the length of that window, 1m by default.
	RateWindow Duration `json:"rate_window"`
	// RepeatPageToken makes that list hand out the same token for ever.
	RepeatPageToken bool `json:"repeat_page_token"`
	// EndlessPages makes that list begin again after its end, always with a new token.
	EndlessPages bool `json:"endless_pages"`
	// MaxPageSize caps limit and size, 100 by default.
	MaxPageSize int `json:"max_page_size"`
	// StrictAccept, [AcceptRefuse] or [AcceptSucceed], makes the server go by the Accept header. By default it does not
	// look at it.
	StrictAccept string `json:"strict_accept"`
	// NoDate leaves out the Date header.
	NoDate bool `json:"no_date"`
	// ClockSkew is how far the server's clock (its Date header and every time it answers) is ahead of ours.
	ClockSkew Duration `json:"clock_skew"`
	// Seed seeds the choice of requests that a fault with Percent hits; 1 by default.
	Seed uint64 `json:"seed"`
	// Faults are injected from the start.
	Faults []Fault `json:"faults"`
}

// Project is one project. An empty ID becomes a UUID derived from the name.
type Project struct {
	ID           string        `json:"id"`
	Name         string        `json:"name"`
	Description  string        `json:"description"`
	Environments []Environment `json:"environments"`
}

// Environment is an environment with what is published to it. Without versions, but with pipelines, it has one version,
// "1.0.0".
type Environment struct {
	Name             string     `json:"name"`
	DefaultAgentID   string     `json:"default_agent_id"`
	DefaultAgentName string     `json:"default_agent_name"`
	Pipelines        []Pipeline `json:"pipelines"`
	Versions         []Version  `json:"versions"`
}

// Version is a published artifact. The last of an environment is the latest.
type Version struct {
	Name     string `json:"name"`
	Disabled bool   `json:"disabled"`
	// Pipelines are the names in it; none means all of the environment's.
	Pipelines []string `json:"pipelines"`
	// CreatedAt is when the version was published first, wherever that was, and DeployedAt when it came to this
	// environment. Both default to when its pipelines were published.
	CreatedAt  time.Time `json:"created_at"`
	DeployedAt time.Time `json:"deployed_at"`
}

// Pipeline is a published pipeline.
type Pipeline struct {
	// Name is the full name as published, for example "load/seed.orch.yaml". What an execute call may say for it is
	// decided by [Scenario.AcceptedNames].
	Name          string    `json:"name"`
	PublishedTime time.Time `json:"published_time"`
	// Disabled makes execute answer 410.
	Disabled bool `json:"disabled"`
	// Type is ORCHESTRATION by default.
	Type string `json:"type"`
	// Variables, when not nil, are the variable names that execute accepts.
	Variables []string `json:"variables"`
	// Run says how each run unfolds.
	Run Run `json:"run"`
}

// Run says how a run unfolds. The zero value has ended in SUCCESS at the first look.
type Run struct {
	// Duration is how long it is RUNNING; then its status is Ends, SUCCESS by default, with Message.
	Duration Duration `json:"duration"`
	Ends     string   `json:"ends"`
	Message  string   `json:"message"`
	// Phases, in order of time, stand instead of Duration, Ends and Message.
	Phases []Phase `json:"phases"`
	// Forever means that the run does not end by itself.
	Forever bool `json:"forever"`
	// CancelTakes is how long the run is CANCELLING after a soft cancel.
	CancelTakes Duration `json:"cancel_takes"`
	// IgnoresSoftCancel leaves it CANCELLING until a forced cancel.
	IgnoresSoftCancel bool   `json:"ignores_soft_cancel"`
	Steps             []Step `json:"steps"`
}

// Phase is the status of a run from some time after its start. The first one with a status that ends a run is the last
// that counts.
type Phase struct {
	After   Duration `json:"after"`
	Status  string   `json:"status"`
	Message string   `json:"message"`
}

// Step is one step of a run: RUNNING from After for Duration, then Status (SUCCESS by default). A SKIPPED step has no
// times.
type Step struct {
	Name     string   `json:"name"`
	Status   string   `json:"status"`
	Message  string   `json:"message"`
	After    Duration `json:"after"`
	Duration Duration `json:"duration"`
}

// Duration is a [time.Duration] that is written like "1.5s" in JSON.
type Duration time.Duration

// String formats the duration as [time.Duration] does.
func (d Duration) String() string { return time.Duration(d).String() }

// MarshalText writes the duration as Go does.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what [time.ParseDuration] reads.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	*d = Duration(parsed)
	return err
}

// withDefaults returns a copy that shares nothing with the original.
func (s Scenario) withDefaults() Scenario {
	setDefault(&s.ClientID, defaultClientID)
	setDefault(&s.ClientSecret, defaultClientSecret)
	setDefault(&s.Token, defaultToken)
	setDefault(&s.TokenLifetime, defaultTokenLifetime)
	setDefault(&s.ExecuteStatus, defaultExecuteStatus)
	setDefault(&s.AnsweredNames, NamePublished)
	setDefault(&s.ReportedTrigger, triggerAPI)
	setDefault(&s.RateWindow, defaultRateWindow)
	setDefault(&s.MaxPageSize, defaultMaxPageSize)
	setDefault(&s.Seed, defaultSeed)
	if s.Projects == nil {
		s.Projects = []Project{SampleProject()}
	}
	if s.AcceptedNames == nil {
		s.AcceptedNames = []string{NamePublished, NamePath}
	}
	s.AcceptedNames, s.IgnoredFilters = slices.Clone(s.AcceptedNames), slices.Clone(s.IgnoredFilters)
	s.Faults = slices.Clone(s.Faults)
	s.Projects = slices.Clone(s.Projects)
	for i := range s.Projects {
		s.Projects[i] = s.Projects[i].withDefaults()
	}
	return s
}

func (p Project) withDefaults() Project {
	setDefault(&p.ID, uuid.NewSHA1(uuid.NameSpaceURL, []byte("project:"+p.Name)).String())
	p.Environments = slices.Clone(p.Environments)
	for i := range p.Environments {
		p.Environments[i] = p.Environments[i].withDefaults()
	}
	return p
}

func (e Environment) withDefaults() Environment {
	e.Pipelines = slices.Clone(e.Pipelines)
	for i := range e.Pipelines {
		setDefault(&e.Pipelines[i].Type, defaultPipelineType)
		if e.Pipelines[i].PublishedTime.IsZero() {
			e.Pipelines[i].PublishedTime = samplePublished
		}
	}
	e.Versions = slices.Clone(e.Versions)
	if len(e.Versions) == 0 && len(e.Pipelines) > 0 {
		e.Versions = []Version{{Name: defaultVersion}}
	}
	return e
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
