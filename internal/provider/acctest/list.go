// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package acctest

import (
	"context"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// ListServer is what [tfprotov6.ProviderServer] does not have yet.
type ListServer interface {
	ValidateListResourceConfig(
		context.Context, *tfprotov6.ValidateListResourceConfigRequest,
	) (*tfprotov6.ValidateListResourceConfigResponse, error)
	ListResource(context.Context, *tfprotov6.ListResourceRequest) (*tfprotov6.ListResourceServerStream, error)
}

// Listed is a result of a list resource in plain Go. State has what is not null, and only where it was asked for.
type Listed struct {
	Identity map[string]string
	Name     string
	State    map[string]string
}

// ListServer returns the server of list resources.
func (r *Resource) ListServer() ListServer {
	r.t.Helper()
	server, ok := r.Provider.(ListServer)
	if !ok {
		r.t.Fatal("the provider has no list resources")
	}
	return server
}

// List reads results until there are no more or a number of them, and returns the diagnostics among them.
func (r *Resource) List(
	req tfprotov6.ListResourceRequest, filters map[string]tftypes.Value, stop int,
) (results []Listed, failure Diagnostics) {
	r.t.Helper()
	req.TypeName, req.Config = r.Type, r.Encode(r.Object(r.Schemas.ListResourceSchemas[r.Type], filters))
	stream, err := r.ListServer().ListResource(r.t.Context(), &req)
	if err != nil {
		r.t.Fatal(err)
	}
	for result := range stream.Results {
		if len(result.Diagnostics) > 0 {
			failure = append(failure, result.Diagnostics...)
			continue
		}
		results = append(results, r.listed(result))
		if len(results) == stop {
			break
		}
	}
	return results, failure
}

func (r *Resource) listed(result tfprotov6.ListResourceResult) Listed {
	r.t.Helper()
	schemas, err := r.Provider.GetResourceIdentitySchemas(r.t.Context(), &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		r.t.Fatal(err)
	}
	identity := r.Core.Decode(result.Identity.IdentityData, schemas.IdentitySchemas[r.Type].ValueType())
	found := Listed{Identity: r.strings(identity), Name: result.DisplayName}
	if result.Resource != nil {
		found.State = r.strings(r.Decode(result.Resource))
	}
	return found
}

// strings returns the attributes of an object that are not null: strings as they are, others as they are printed.
func (r *Resource) strings(object tftypes.Value) map[string]string {
	r.t.Helper()
	var attributes map[string]tftypes.Value
	if err := object.As(&attributes); err != nil {
		r.t.Fatal(err)
	}
	found := map[string]string{}
	for name, attribute := range attributes {
		if attribute.IsNull() {
			continue
		}
		var value string
		if attribute.As(&value) != nil {
			value = attribute.String()
		}
		found[name] = value
	}
	return found
}
