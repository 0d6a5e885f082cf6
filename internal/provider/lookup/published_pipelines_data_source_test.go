// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package lookup_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

func TestPublishedPipelinesDataSource_followsPagesToTheEnd(t *testing.T) {
	t.Parallel()
	const count = 240
	published := time.Date(2026, time.March, 1, 7, 30, 0, 500e6, time.FixedZone("", 3600))
	pipelines := make([]mockserver.Pipeline, count)
	for i := range pipelines {
		pipelines[i] = mockserver.Pipeline{Name: fmt.Sprintf("ingest/table_%03d.orch.yaml", i), PublishedTime: published}
	}
	s := acctest.Scenario(mockserver.Run{})
	s.Projects[0].Environments[0].Pipelines = pipelines
	a := acctest.Serve(t, 0, s)
	found := tfjsonpath.New("published_pipelines")
	last := acctest.Object(map[string]string{"name": "ingest/table_239.orch.yaml",
		"published_time": "2026-03-01T06:30:00.5Z"})
	named := func(label, name string) string {
		return fmt.Sprintf(`
			data "matillion_published_pipelines" "%s" {
				environment_name = "%s"
				name             = %s
			}`, label, acctest.EnvironmentName, name)
	}
	const address = "data.matillion_published_pipelines."
	acctest.CLI(t, resource.TestStep{
		Config: a.Provider() + named("all", "null") + named("exact", `"ingest/table_239.orch.yaml"`) +
			named("short", `"ingest/table_239"`) + named("last", `"table_239"`) + named("part", `"table_23"`),
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownValue(address+"all", found, knownvalue.ListSizeExact(count)),
			statecheck.ExpectKnownValue(address+"all", found.AtSliceIndex(count-1), last),
			acctest.Finds(address+"exact", "published_pipelines", last),
			acctest.Finds(address+"short", "published_pipelines", last),
			acctest.Finds(address+"last", "published_pipelines"),
			acctest.Finds(address+"part", "published_pipelines"),
		},
	})
}

func TestPublishedPipelinesDataSource_saysWhyItCannotRead(t *testing.T) {
	t.Parallel()
	a := acctest.Serve(t, 0, acctest.Scenario(mockserver.Run{}))
	acctest.CLI(t,
		acctest.FailsToRead(a.Provider()+`data "matillion_published_pipelines" "all" { environment_name = "Staging" }`,
			"Project or environment not found"),
		acctest.FailsToRead(a.Provider()+`data "matillion_published_pipelines" "all" { environment_name = "" }`,
			"Invalid Attribute Value Length"),
	)
}
