// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import "time"

// SampleProjectID is the id of [SampleProject].
const SampleProjectID = "5f0c2f0e-6d1b-4c58-9a3e-2b7d4e8f1a60"

// samplePublished is when everything without a time of its own was published.
var samplePublished = time.Date(2026, time.January, 15, 9, 30, 0, 0, time.UTC)

// SampleScenario is the scenario served when there is no scenario file.
func SampleScenario() Scenario {
	return Scenario{Projects: []Project{SampleProject()}}
}

// SampleProject is a small project with pipelines that succeed, fail, take a while or are disabled.
func SampleProject() Project {
	return Project{
		ID:          SampleProjectID,
		Name:        "Sample project",
		Description: "Served by the mock of the Matillion API.",
		Environments: []Environment{
			{
				Name:             "Production",
				DefaultAgentID:   "0b9a6f1c-55c1-4e0f-8a53-7c9f0d2e4b11",
				DefaultAgentName: "production-agent",
				Pipelines:        samplePipelines(),
				Versions:         []Version{sampleVersion("1.0.0", 30), sampleVersion("1.1.0", 14)},
			},
			{
				Name:             "Development",
				DefaultAgentID:   "c1f2d8aa-3e57-4a0c-b0c4-91d6a1f7e522",
				DefaultAgentName: "development-agent",
				Pipelines:        samplePipelines(),
				Versions: []Version{
					{Name: "0.9.0", Disabled: true}, sampleVersion("1.1.0", 14), sampleVersion("1.2.0", 2),
				},
			},
		},
	}
}

// sampleVersion was published first some days before it was published to the environment.
func sampleVersion(name string, days int) Version {
	return Version{Name: name, CreatedAt: samplePublished.AddDate(0, 0, -days)}
}

func samplePipelines() []Pipeline {
	return []Pipeline{
		{
			Name: "Nightly load.orch.yaml",
			Run: Run{
				Duration: Duration(3 * time.Second),
				Message:  `"Load orders": Success`,
				Steps: []Step{
					{Name: "Start", Duration: Duration(500 * time.Millisecond)},
					{Name: "Load customers", After: Duration(500 * time.Millisecond), Duration: Duration(time.Second)},
					{Name: "Load orders", After: Duration(1500 * time.Millisecond), Duration: Duration(1500 * time.Millisecond)},
				},
			},
		},
		{
			Name: "ingest/orders.orch.yaml",
			Run:  Run{Steps: []Step{{Name: "Start"}, {Name: "Ingest orders"}}},
		},
		{
			Name:      "setup/seed_warehouse.orch.yaml",
			Variables: []string{"region", "schema", "countries"},
			Run:       Run{Duration: Duration(time.Second), CancelTakes: Duration(time.Second)},
		},
		{Name: "transform/daily_sales.tran.yaml", Type: "TRANSFORMATION"},
		sampleFailure(),
		{Name: "Legacy export.orch.yaml", Disabled: true},
	}
}

func sampleFailure() Pipeline {
	const message = "Table ORDERS_STAGE does not exist or not authorized"
	return Pipeline{
		Name: "quality/check_orders.orch.yaml",
		Run: Run{
			Duration: Duration(time.Second),
			Ends:     statusFailed,
			Message:  `"Compare row counts": ` + message,
			Steps: []Step{
				{Name: "Start"},
				{Name: "Compare row counts", Status: statusFailed, Message: message, Duration: Duration(time.Second)},
				{Name: "Publish report", Status: statusSkipped, After: Duration(time.Second)},
			},
		},
	}
}
