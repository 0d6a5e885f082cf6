// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

// Command idle is the provider with an apply that starts nothing and calls nobody. What it costs is what Terraform
// takes for a resource with so many attributes, whoever provides it.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/google/uuid"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/matillion-community/terraform-provider-matillion/internal/provider"
	"github.com/matillion-community/terraform-provider-matillion/internal/serve"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "idle:", err)
		os.Exit(1)
	}
}

func run() error {
	if err := serve.DropUnreadLogs(); err != nil {
		return err
	}
	whole := provider.NewServer("idle")()
	schemas, err := whole.GetProviderSchema(context.Background(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		return err
	}
	return tf6server.Serve(serve.Address, func() tfprotov6.ProviderServer {
		return &server{ProviderServer: whole, schemas: schemas.ResourceSchemas}
	})
}

type server struct {
	tfprotov6.ProviderServer

	schemas map[string]*tfprotov6.Schema
}

// ValidateResourceConfig finds nothing.
func (s *server) ValidateResourceConfig(
	context.Context, *tfprotov6.ValidateResourceConfigRequest,
) (*tfprotov6.ValidateResourceConfigResponse, error) {
	return &tfprotov6.ValidateResourceConfigResponse{}, nil
}

// ApplyResourceChange makes what is planned true, with a result like that of a run that has succeeded.
func (s *server) ApplyResourceChange(
	_ context.Context, req *tfprotov6.ApplyResourceChangeRequest,
) (*tfprotov6.ApplyResourceChangeResponse, error) {
	kind := s.schemas[req.TypeName].ValueType()
	planned, err := req.PlannedState.Unmarshal(kind)
	if err != nil || planned.IsNull() {
		return &tfprotov6.ApplyResourceChangeResponse{NewState: req.PlannedState}, err
	}
	attributes := map[string]tftypes.Value{}
	if err := planned.As(&attributes); err != nil {
		return nil, err
	}
	for name, attribute := range attributes {
		if !attribute.IsKnown() {
			attributes[name] = tftypes.NewValue(attribute.Type(), nil)
		}
	}
	for name, result := range map[string]any{
		"id": uuid.NewString(), "status": "SUCCESS", "message": nil, "pipeline_type": "ORCHESTRATION", "trigger": "API",
		"started_at": "2026-01-15T09:30:00.123Z", "finished_at": "2026-01-15T09:30:00.123Z",
	} {
		attributes[name] = tftypes.NewValue(tftypes.String, result)
	}
	state, err := tfprotov6.NewDynamicValue(kind, tftypes.NewValue(kind, attributes))
	return &tfprotov6.ApplyResourceChangeResponse{NewState: &state}, err
}
