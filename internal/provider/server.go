package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// NewServer returns the constructor of the server that Terraform talks to, for the version that the build says.
func NewServer(version string) func() tfprotov6.ProviderServer {
	return func() tfprotov6.ProviderServer { return newServer(&matillionProvider{version: version}) }
}

// frameworkServer is what the framework serves. Lists and actions are in interfaces of their own.
type frameworkServer interface {
	tfprotov6.ProviderServer
	tfprotov6.ListResourceServer
	tfprotov6.ActionServer
}

// server leaves everything to the framework but what most instances need most of the time: to be read and planned when
// their run has ended and nothing has changed, and to be planned when there is no run yet. The framework comes to the
// same answers in many times the time, because it takes configuration, plan and state apart attribute by attribute.
type server struct {
	frameworkServer

	provider *matillionProvider
}

func newServer(provider *matillionProvider) tfprotov6.ProviderServer {
	framework, ok := providerserver.NewProtocol6(provider)().(frameworkServer)
	if !ok {
		panic("the framework's server has lists or actions no more: see frameworkServer")
	}
	return &server{frameworkServer: framework, provider: provider}
}

// ReadResource gives back the state of a run that has ended.
func (s *server) ReadResource(
	ctx context.Context, req *tfprotov6.ReadResourceRequest,
) (*tfprotov6.ReadResourceResponse, error) {
	state, ok := executionValue(req.TypeName, req.CurrentState)
	if !ok || !statusOf(state).Ended() {
		return s.frameworkServer.ReadResource(ctx, req)
	}
	identity, err := tfprotov6.NewDynamicValue(shape().identity, identityOf(state))
	if err != nil {
		return nil, err
	}
	return &tfprotov6.ReadResourceResponse{
		NewState: req.CurrentState, Private: req.Private,
		NewIdentity: &tfprotov6.ResourceIdentityData{IdentityData: &identity},
	}, nil
}

// PlanResourceChange plans nothing for a run that has succeeded and is configured as it was, and everything for one that
// there is not yet and with which nothing is wrong.
func (s *server) PlanResourceChange(
	ctx context.Context, req *tfprotov6.PlanResourceChangeRequest,
) (*tfprotov6.PlanResourceChangeResponse, error) {
	state, isExecution := executionValue(req.TypeName, req.PriorState)
	config, isConfigured := executionValue(req.TypeName, req.Config)
	session := s.provider.session
	if !isExecution || !isConfigured || config.IsNull() || session == nil {
		return s.frameworkServer.PlanResourceChange(ctx, req)
	}
	switch {
	case statusOf(state).Succeeded() && asConfigured(state, config, session.projectID):
		return planning(req.PriorState, req)
	case state.IsNull() && session.findsNothingWrong(ctx, config):
		planned, err := tfprotov6.NewDynamicValue(shape().state, firstPlan(config, session.projectID))
		if err != nil {
			return nil, err
		}
		return planning(&planned, req)
	default:
		return s.frameworkServer.PlanResourceChange(ctx, req)
	}
}

// findsNothingWrong reports whether a run that is configured can be planned without a word: it has a project, and the plan
// checks have no finding.
func (s *session) findsNothingWrong(ctx context.Context, config tftypes.Value) bool {
	attributes := attributesOf(config)
	project, diags := s.project(stringOf(attributes["project_id"]))
	return !diags.HasError() && len(s.checks.run(ctx, requestModel{
		ProjectID:       project,
		EnvironmentName: stringOf(attributes["environment_name"]),
		PipelineName:    stringOf(attributes["pipeline_name"]),
		VersionName:     stringOf(attributes["version_name"]),
	})) == 0
}

// planning answers with a planned state. The private data is kept even of an instance that there is not: what is planned
// then may replace another one, which Terraform deletes with the private data that this plan returns.
func planning(
	planned *tfprotov6.DynamicValue, req *tfprotov6.PlanResourceChangeRequest,
) (*tfprotov6.PlanResourceChangeResponse, error) {
	identity := req.PriorIdentity
	if identity == nil {
		none, err := tfprotov6.NewDynamicValue(shape().identity, tftypes.NewValue(shape().identity, nil))
		if err != nil {
			return nil, err
		}
		identity = &tfprotov6.ResourceIdentityData{IdentityData: &none}
	}
	return &tfprotov6.PlanResourceChangeResponse{
		PlannedState: planned, PlannedPrivate: req.PriorPrivate, PlannedIdentity: identity,
	}, nil
}

// executionValue decodes a state or a configuration of a run.
func executionValue(typeName string, encoded *tfprotov6.DynamicValue) (value tftypes.Value, ok bool) {
	if typeName != executionTypeName || encoded == nil {
		return tftypes.Value{}, false
	}
	value, err := encoded.Unmarshal(shape().state)
	return value, err == nil && value.IsKnown()
}
