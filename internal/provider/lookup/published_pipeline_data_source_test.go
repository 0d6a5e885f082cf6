// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package lookup_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

func onePublished(label, name string) string {
	return fmt.Sprintf(`
		data "matillion_published_pipeline" %q {
			environment_name = %q
			name             = %q
		}`, label, acctest.EnvironmentName, name)
}

// publishing serves pipelines of the given names.
func publishing(t *testing.T, names ...string) *acctest.API {
	t.Helper()
	s := acctest.Scenario(mockserver.Run{})
	e := &s.Projects[0].Environments[0]
	e.Pipelines = nil
	for _, name := range names {
		e.Pipelines = append(e.Pipelines, mockserver.Pipeline{
			Name: name, PublishedTime: time.Date(2026, time.March, 1, 7, 30, 0, 0, time.FixedZone("", 3600)),
		})
	}
	e.Versions = []mockserver.Version{{Name: "1.0.0"}, {Name: "1.1.0"}}
	return acctest.Serve(t, 0, s)
}

func TestPublishedPipelineDataSource_findsOneByItsNameWithOrWithoutExtension(t *testing.T) {
	t.Parallel()
	a := publishing(t, "ingest/orders.orch.yaml", "load/orders.orch.yaml", "Nightly load")
	found := func(name string) map[string]string {
		return map[string]string{"name": name, "published_time": "2026-03-01T06:30:00Z", "version_name": "1.1.0",
			"project_id": acctest.ProjectID, "environment_name": acctest.EnvironmentName}
	}
	acctest.CLI(t, resource.TestStep{
		Config: a.Provider() + onePublished("whole", "load/orders.orch.yaml") + onePublished("short", "load/orders") +
			onePublished("bare", "Nightly load") + onePublished("longer", "Nightly load.orch.yaml"),
		ConfigStateChecks: slices.Concat(
			is("published_pipeline.whole", found("load/orders.orch.yaml")),
			is("published_pipeline.short", found("load/orders.orch.yaml")),
			is("published_pipeline.bare", found("Nightly load")),
			is("published_pipeline.longer", found("Nightly load")),
		),
	})
}

func TestPublishedPipelineDataSource_worksWithoutDetails(t *testing.T) {
	t.Parallel()
	for _, fault := range []mockserver.Fault{
		{Kind: mockserver.FaultStatus, Status: 404}, {Kind: mockserver.FaultStatus, Status: 403},
		{Kind: mockserver.FaultStatus, Status: 422}, {Kind: mockserver.FaultBody, Body: "{}"},
	} {
		a := publishing(t, "Nightly load")
		fault.On = mockserver.OpArtifactDetails
		a.Inject(fault)
		acctest.CLI(t, resource.TestStep{
			Config:            a.Provider() + onePublished("p", "Nightly load"),
			ConfigStateChecks: is("published_pipeline.p", map[string]string{"name": "Nightly load", "version_name": ""}),
		})
	}
}

func TestPublishedPipelineDataSource_saysWhyItCannotFindOne(t *testing.T) {
	t.Parallel()
	a := publishing(t, "ingest/orders.orch.yaml", "twice/a.orch.yaml", "twice/a.tran.yaml")
	acctest.CLI(t,
		acctest.FailsToRead(a.Provider()+onePublished("p", "ingest/order"),
			`(?s)Pipeline not found.*not published.*Did you mean\s+"ingest/orders.orch.yaml"`),
		acctest.FailsToRead(a.Provider()+onePublished("p", "orders"),
			`(?s)Pipeline not found.*Did you mean\s+"ingest/orders.orch.yaml"`),
		acctest.FailsToRead(a.Provider()+onePublished("p", "twice/a"),
			`(?s)Several pipelines match.*Pipeline: twice/a.orch.yaml.*Pipeline: twice/a.tran.yaml`),
		acctest.FailsToRead(a.Provider()+onePublished("p", ""), "Invalid Attribute Value Length"),
		acctest.FailsToRead(a.Provider()+acctest.ReplaceArgument(
			"data \"matillion_published_pipeline\" \"p\" {\n  environment_name = \"x\"\n  name = \"p\"\n}",
			"environment_name", `environment_name = "Staging"`), "Project or environment not found"),
	)
	a.Inject(mockserver.Fault{On: mockserver.OpArtifactDetails, Kind: mockserver.FaultStatus, Status: 401})
	acctest.CLI(t, acctest.FailsToRead(a.Provider()+onePublished("p", "ingest/orders"), "Matillion refused the credentials"))
}
