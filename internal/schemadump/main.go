// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

// Command schemadump writes the provider's schema to the standard output, as the JSON that
// "terraform providers schema -json" prints.
//
// The documentation is generated from it. Terraform could print it too, but an older Terraform leaves out, without a
// word, every kind of thing that came after it: functions before 1.8, actions and list resources before 1.14. The
// provider is therefore asked here, in this process, and the result is the same whichever CLI is installed, or none.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/matillion-community/terraform-provider-matillion/internal/provider"
	"github.com/matillion-community/terraform-provider-matillion/internal/serve"
)

func main() {
	// Tools that read the output may look for one key only: tfplugindocs knows the short name and the address of
	// HashiCorp's own providers.
	key := flag.String("key", serve.Address, "the provider's name in the output")
	flag.Parse()

	if err := dump(context.Background(), os.Stdout, provider.NewServer("dev")(), *key); err != nil {
		fmt.Fprintln(os.Stderr, "schemadump:", err)
		os.Exit(1)
	}
}

// dump asks the server for all its schemas and writes them under the key. The same schemas give the same bytes:
// encoding/json sorts the keys of maps.
func dump(ctx context.Context, w io.Writer, server tfprotov6.ProviderServer, key string) error {
	schemas, err := server.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		return fmt.Errorf("asking for the schemas: %w", err)
	}
	identities, err := server.GetResourceIdentitySchemas(ctx, &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		return fmt.Errorf("asking for the resource identities: %w", err)
	}
	if err := errors.Join(failure(schemas.Diagnostics), failure(identities.Diagnostics)); err != nil {
		return err
	}

	return json.NewEncoder(w).Encode(tfjson.ProviderSchemas{
		FormatVersion: formatVersion,
		Schemas:       map[string]*tfjson.ProviderSchema{key: providerSchema(schemas, identities)},
	})
}

// failure joins the diagnostics that are errors. A schema that comes with one is incomplete, and so would the
// documentation be.
func failure(diagnostics []*tfprotov6.Diagnostic) error {
	var errs []error
	for _, d := range diagnostics {
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			errs = append(errs, fmt.Errorf("%s: %s", d.Summary, d.Detail))
		}
	}
	return errors.Join(errs...)
}
