// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package session

import (
	"context"
	"sync/atomic"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
)

// Catalog is what exists in Matillion, as far as plans ask for it. Each question is asked once in the life of a
// session.
type Catalog struct {
	// Environments are the names of a project's environments, by the project's id.
	Environments Memo[string, []string]
	// Pipelines are the names of what is published to an environment, in its latest version.
	Pipelines Memo[Environment, []string]
	// Artifacts are the published versions.
	Artifacts Memo[Version, matillion.Artifact]
	// Running is what is running in an environment, whoever started it.
	Running Memo[Environment, []matillion.Execution]

	// failed is whether it has been said that checks could not be made.
	failed atomic.Bool
}

// Environment is where pipelines are published to.
type Environment struct{ ProjectID, Name string }

// Version is what was published to an environment at one time. Without a name it is the latest.
type Version struct {
	Environment Environment
	Name        string
}

// NewCatalog returns a catalog that asks by a client.
func NewCatalog(client *matillion.Client) *Catalog {
	c := &Catalog{}
	c.Environments.ask = func(ctx context.Context, projectID string) ([]string, error) {
		environments, err := client.Environments.List(ctx, projectID)
		names := make([]string, 0, len(environments))
		for _, environment := range environments {
			names = append(names, environment.Name)
		}
		return names, err
	}
	c.Pipelines.ask = func(ctx context.Context, in Environment) ([]string, error) {
		pipelines, err := client.Pipelines.Published(ctx, in.ProjectID, in.Name)
		names := make([]string, 0, len(pipelines))
		for _, pipeline := range pipelines {
			names = append(names, pipeline.Name)
		}
		return names, err
	}
	c.Artifacts.ask = func(ctx context.Context, version Version) (matillion.Artifact, error) {
		return client.Artifacts.Details(ctx, version.Environment.ProjectID, version.Environment.Name, version.Name)
	}
	c.Running.ask = func(ctx context.Context, in Environment) ([]matillion.Execution, error) {
		return client.Executions.Running(ctx, in.ProjectID, in.Name)
	}
	return c
}
