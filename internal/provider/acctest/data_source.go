// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package acctest

import (
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// ReadDataSource reads a data source.
func (c *Core) ReadDataSource(typeName string, config map[string]tftypes.Value) (tftypes.Value, Diagnostics) {
	c.t.Helper()
	schema := c.Schemas.DataSourceSchemas[typeName]
	read, err := c.Provider.ReadDataSource(c.t.Context(), &tfprotov6.ReadDataSourceRequest{
		TypeName: typeName, Config: c.Encode(c.Object(schema, config)),
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return c.Decode(read.State, schema.ValueType()), read.Diagnostics
}
