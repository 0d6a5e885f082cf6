// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"
)

// ArtifactsService looks up published versions, and promotes them.
type ArtifactsService struct {
	client  *Client
	targets queue[targetKey]
}

// targetKey is an environment that versions are promoted to.
type targetKey struct{ projectID, environmentName string }

// Artifact is a published version: what one act of publishing put into an environment.
type Artifact struct {
	Assets  []string `json:"assets"`
	Details struct {
		VersionName string `json:"versionName"`
		// Enabled is nil where the API does not tell.
		Enabled *bool `json:"enabled"`
		// CreatedAt is when the version was created, and zero where the API does not tell.
		CreatedAt creationTime `json:"createdAt"`
	} `json:"details"`
}

func (a *Artifact) check() string {
	if a.Details.VersionName == "" {
		return "the answer does not name a version"
	}
	return ""
}

// creationTime is a [Timestamp], or a number of seconds or milliseconds since 1970.
type creationTime struct{ Timestamp }

// secondsEnd and millisecondsEnd are both in the year 5138. A larger number is of a smaller unit.
const (
	secondsEnd      = 1e11
	millisecondsEnd = 1e14
)

// UnmarshalJSON leaves the zero value for what is not a time.
func (t *creationTime) UnmarshalJSON(data []byte) error {
	var number float64
	if json.Unmarshal(data, &number) != nil {
		return t.Timestamp.UnmarshalJSON(data)
	}
	if number < secondsEnd {
		number *= 1000
	}
	t.Timestamp = Timestamp{}
	if number > 0 && number < millisecondsEnd {
		t.Time = time.UnixMilli(int64(number)).UTC()
	}
	return nil
}

// callAs gives an artifact the name that somebody calls it by, if that is its own but for what cleaning takes from
// every name. It reports whether it is.
func (a *Artifact) callAs(versionName string) bool {
	if a.Details.VersionName != clipName(versionName) {
		return false
	}
	a.Details.VersionName = versionName
	return true
}

// Details describes a version in an environment; without a name, the latest, which is the one that was deployed or
// promoted there last. A version that is not there is an error of [IsNotFound].
//
// The endpoint is known from public clients; its twin for shared pipelines is documented at
// https://docs.maia.ai/api-reference/shared-pipeline-artifacts/get-shared-pipeline-artifact-details.
func (s *ArtifactsService) Details(
	ctx context.Context, projectID, environmentName, versionName string,
) (Artifact, error) {
	return s.details(ctx, projectID, environmentName, versionName, request{again: whileItMayPass})
}

// details is [ArtifactsService.Details] with the patience of a request.
func (s *ArtifactsService) details(
	ctx context.Context, projectID, environmentName, versionName string, req request,
) (Artifact, error) {
	req.method, req.elements = http.MethodGet, []string{"projects", projectID, "artifacts", "details"}
	req.query = url.Values{"environmentName": {environmentName}}
	if versionName != "" {
		req.query.Set("versionName", versionName)
	}
	var artifact Artifact
	err := s.client.do(ctx, req, &artifact)
	if err == nil && versionName != "" && !artifact.callAs(versionName) {
		err = &AnswerError{req.method, req.path(), http.StatusOK, "the answer is about another version"}
	}
	return artifact, err
}

// isUnreadable reports whether an API does not have the details of a version (404), or refuses them (403).
func isUnreadable(err error) bool {
	return err != nil && (IsNotFound(err) || KindOf(err) == KindForbidden)
}

// Deployment is what an environment has, as far as that can be read.
type Deployment struct {
	// Readable is false where the API does not have the details of versions, or refuses them.
	Readable bool
	// Latest is the version that was deployed or promoted last, and zero where there is none.
	Latest Artifact
}

// Version returns the name of the version that was deployed or promoted last, or "".
func (d Deployment) Version() string { return d.Latest.Details.VersionName }

// Deployed reads what the target of a promotion has.
func (s *ArtifactsService) Deployed(ctx context.Context, req PromoteRequest) (Deployment, error) {
	return s.deployed(ctx, req, request{again: whileItMayPass})
}

// deployed is [ArtifactsService.Deployed] with the patience of a request. A 404 says that there is no version, or no
// such endpoint: the latter unless the source has one.
func (s *ArtifactsService) deployed(ctx context.Context, req PromoteRequest, patience request) (Deployment, error) {
	latest, err := s.details(ctx, req.ProjectID, req.TargetEnvironmentName, "", patience)
	if !IsNotFound(err) || req.SourceEnvironmentName == "" {
		if err == nil {
			latest.callAs(req.VersionName)
		}
		return Deployment{Readable: err == nil, Latest: latest}, unlessUnreadable(err)
	}
	_, err = s.details(ctx, req.ProjectID, req.SourceEnvironmentName, "", patience)
	return Deployment{Readable: err == nil}, unlessUnreadable(err)
}

func unlessUnreadable(err error) error {
	if isUnreadable(err) {
		return nil
	}
	return err
}
