// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

// Package session is what a configured provider shares with everything in it: the client, the default project, what has
// been asked of the API while planning, and whatever else the instances of a kind must share.
//
// Everything that the provider offers embeds one of the Configured types, and so gets its session. The package knows no
// resource and no data source. It reads no environment: see the provider's settings.
package session

import (
	"reflect"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/diagnose"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/validate"
)

// Session is one configuration of the provider. It lives as long as the provider's process.
type Session struct {
	// Client is nil while the provider's configuration is not known.
	Client *matillion.Client
	// ProjectID is the default project. It may be unknown or null.
	ProjectID types.String
	// PlanChecks says what a finding of a plan is.
	PlanChecks CheckLevel
	// ReadOnly says that the client refuses to change anything.
	ReadOnly bool
	// LogsProgress says that somebody reads how runs are getting on.
	LogsProgress bool
	// Catalog is nil when Client is.
	Catalog *Catalog

	mu     sync.Mutex
	shared map[reflect.Type]any
}

// Shared returns the one T of a session, whose zero value is ready to use. A kind keeps there what its instances share.
func Shared[T any](s *Session) *T {
	s.mu.Lock()
	defer s.mu.Unlock()
	kind := reflect.TypeFor[T]()
	if _, exists := s.shared[kind]; !exists {
		if s.shared == nil {
			s.shared = map[reflect.Type]any{}
		}
		s.shared[kind] = new(T)
	}
	value, _ := s.shared[kind].(*T)
	return value
}

// LookupProjectText describes the argument project_id of what only reads.
const LookupProjectText = "Project to look in, as a UUID. Defaults to the provider's `project_id`."

// Project returns the project that an argument means: the default where it is null. The result may be unknown.
func (s *Session) Project(argument types.String) (types.String, diag.Diagnostics) {
	if !argument.IsNull() {
		return argument, nil
	}
	var diags diag.Diagnostics
	if s.ProjectID.IsNull() {
		diags.AddAttributeError(path.Root("project_id"), "Missing project",
			"Set project_id here, or for all in the provider block, or the environment variable MATILLION_PROJECT_ID.")
	}
	return s.ProjectID, diags
}

// PlannedProject returns the project of a plan, whose prior one may be null or unknown. The provider's, where it is not
// known yet, must not look like a change; nor must a UUID in another case.
func (s *Session) PlannedProject(argument, prior types.String) (types.String, diag.Diagnostics) {
	project, diags := s.Project(argument)
	isOpen := project.IsUnknown() && argument.IsNull()
	if isOpen || validate.SameUUID(project.ValueString(), prior.ValueString()) {
		project = prior
	}
	return project, diags
}

// Ready returns an error where the API cannot be called, because the provider's configuration is not known yet.
func (s *Session) Ready() diag.Diagnostics {
	if s.Client == nil {
		return diag.Diagnostics{notConfigured()}
	}
	return nil
}

// ReadyIn returns the project of a call that is made now. It is an error where the API cannot be called, or the project
// is missing or unknown.
func (s *Session) ReadyIn(argument types.String) (types.String, diag.Diagnostics) {
	if diags := s.Ready(); diags.HasError() {
		return argument, diags
	}
	project, diags := s.Project(argument)
	if project.IsUnknown() {
		diags.Append(notConfigured())
	}
	return project, diags
}

func notConfigured() diag.Diagnostic {
	return diagnose.Say("The provider's configuration depends on values that are not known yet.").
		Say("Apply what they depend on first, for example with -target.").Error("Provider is not configured")
}
