// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import "strings"

// NameRelation says how two names of pipelines relate.
type NameRelation int

// The relations of names, from the weakest to the strongest.
const (
	// NamesDiffer is two pipelines.
	NamesDiffer NameRelation = iota
	// NamesAlike is what may be one pipeline: a person can judge it, and a program cannot.
	NamesAlike
	// NamesSame is one pipeline, written with or without its extension.
	NamesSame
)

// CompareNames says how two names of pipelines relate. The order of the names does not matter.
//
// A pipeline is met under several names. The documentation uses a bare name ("My pipeline"). Public clients ask for the
// path of the file in its project, without the extension ("folder/My pipeline"), or for the last part of it; answers
// carry the path with the extension ("folder/My pipeline.orch.yaml"). Names are
//
//   - the same if they are equal, or are equal but for an extension that one of them lacks,
//   - alike if they end in the same part, extension aside, and one of them has no folder,
//   - different otherwise.
func CompareNames(a, b string) NameRelation {
	shortA, shortB := trimPipelineExtension(a), trimPipelineExtension(b)
	oneLacksIt := shortA == a || shortB == b
	switch {
	case a == b, shortA == shortB && oneLacksIt:
		return NamesSame
	case lastPart(shortA) == lastPart(shortB) && (lastPart(a) == a || lastPart(b) == b):
		return NamesAlike
	default:
		return NamesDiffer
	}
}

// lastPart returns a name without its folders.
func lastPart(name string) string { return name[strings.LastIndex(name, "/")+1:] }

// trimPipelineExtension returns a name without the ending of the files that pipelines are kept in.
func trimPipelineExtension(name string) string {
	for _, extension := range []string{".orch.yaml", ".tran.yaml"} {
		if trimmed, ok := strings.CutSuffix(name, extension); ok {
			return trimmed
		}
	}
	return name
}
