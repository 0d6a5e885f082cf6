// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

// described is anything of the provider that has a page: its folder in docs, its type, and the file that must be in the
// folder of its examples.
type described struct{ folder, name, example string }

// page returns the path of the page that a thing has.
func (d described) page() string {
	return filepath.Join(acctest.Repository(), "docs", d.folder, strings.TrimPrefix(d.name, "matillion_")+".md")
}

// everything returns all that has a page.
func everything(schemas *tfprotov6.GetProviderSchemaResponse) []described {
	all := []described{{"", "index", "provider/provider.tf"}}
	add := func(folder, example string, names []string) {
		for _, name := range names {
			all = append(all, described{folder, name, filepath.Join(folder, name, example)})
		}
	}
	add("resources", "resource.tf", slices.Collect(maps.Keys(schemas.ResourceSchemas)))
	add("data-sources", "data-source.tf", slices.Collect(maps.Keys(schemas.DataSourceSchemas)))
	add("actions", "action.tf", slices.Collect(maps.Keys(schemas.ActionSchemas)))
	add("list-resources", "list-resource.tfquery.hcl", slices.Collect(maps.Keys(schemas.ListResourceSchemas)))
	add("functions", "function.tf", slices.Collect(maps.Keys(schemas.Functions)))
	add("ephemeral-resources", "ephemeral-resource.tf", slices.Collect(maps.Keys(schemas.EphemeralResourceSchemas)))
	return all
}

func schemasOf(t *testing.T) *tfprotov6.GetProviderSchemaResponse {
	t.Helper()
	return acctest.NewCore(t, mockserver.New(mockserver.SampleScenario())).Schemas
}

// pages returns the pages of the documentation by path.
func pages(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(filepath.Join(acctest.Repository(), "docs"),
		func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			content, err := os.ReadFile(path)
			found[path] = string(content)
			return err
		})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestDocumentation_hasAPageAndAnExampleForEverything(t *testing.T) {
	t.Parallel()
	found := pages(t)
	readme, err := os.ReadFile(filepath.Join(acctest.Repository(), "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, thing := range everything(schemasOf(t)) {
		page, _ := filepath.Rel(acctest.Repository(), thing.page())
		if thing.name != "index" && !strings.Contains(string(readme), "]("+filepath.ToSlash(page)+")") {
			t.Errorf("README.md does not list %s", page)
		}
		if _, ok := found[thing.page()]; !ok {
			t.Errorf("there is no %s", thing.page())
		}
		delete(found, thing.page())
		if _, err := os.Stat(filepath.Join(examplesDir, thing.example)); err != nil {
			t.Errorf("%s has no example: %v", thing.name, err)
		}
	}
	for path := range found {
		if filepath.Base(filepath.Dir(path)) != "guides" {
			t.Errorf("%s is about nothing that the provider has", path)
		}
	}
}

// A text is a sentence or more, which ends in a full stop.
func TestDocumentation_describesEverything(t *testing.T) {
	t.Parallel()
	schemas := schemasOf(t)
	found := descriptions{}
	found.schema("provider", schemas.Provider)
	for name, schema := range schemas.ResourceSchemas {
		found.schema("resource "+name, schema)
	}
	for name, schema := range schemas.DataSourceSchemas {
		found.schema("data source "+name, schema)
	}
	for name, schema := range schemas.ListResourceSchemas {
		found.schema("list resource "+name, schema)
	}
	for name, action := range schemas.ActionSchemas {
		found.schema("action "+name, action.Schema)
	}
	for name, function := range schemas.Functions {
		found["function "+name] = function.Description
		found["function "+name+" in short"] = function.Summary
		for _, parameter := range function.Parameters {
			found["function "+name+"."+parameter.Name] = parameter.Description
		}
	}
	if len(found) < 100 {
		t.Errorf("only %d texts were found", len(found))
	}
	for of, text := range found {
		if !strings.HasSuffix(text, ".") || strings.HasSuffix(text, "..") || strings.TrimSpace(text) != text {
			t.Errorf("%s has the text %q, want one that ends in a full stop", of, text)
		}
	}
}

// descriptions are the texts of things.
type descriptions map[string]string

func (d descriptions) schema(name string, schema *tfprotov6.Schema) {
	d[name] = schema.Block.Description
	d.block(name, schema.Block)
}

func (d descriptions) block(name string, block *tfprotov6.SchemaBlock) {
	d.attributes(name, block.Attributes)
	for _, nested := range block.BlockTypes {
		d[name+"."+nested.TypeName] = nested.Block.Description
		d.block(name+"."+nested.TypeName, nested.Block)
	}
}

func (d descriptions) attributes(of string, attributes []*tfprotov6.SchemaAttribute) {
	for _, attribute := range attributes {
		name := of + "." + attribute.Name
		d[name] = attribute.Description
		if attribute.NestedType != nil {
			d.attributes(name, attribute.NestedType.Attributes)
		}
	}
}

func TestDocumentation_describesTheIdentity(t *testing.T) {
	t.Parallel()
	core := acctest.NewCore(t, mockserver.New(mockserver.SampleScenario()))
	resp, err := core.Provider.GetResourceIdentitySchemas(t.Context(), &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for name, schema := range resp.IdentitySchemas {
		for _, attribute := range schema.IdentityAttributes {
			if !strings.HasSuffix(attribute.Description, ".") {
				t.Errorf("%s.%s has the text %q, want one that ends in a full stop", name, attribute.Name, attribute.Description)
			}
		}
	}
}

func TestDocumentation_showsEveryExample(t *testing.T) {
	t.Parallel()
	all := strings.Join(slices.Collect(maps.Values(pages(t))), "\n")
	err := filepath.WalkDir(examplesDir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Base(filepath.Dir(path)) == "demo" {
			return err
		}
		content, err := os.ReadFile(path)
		if !strings.Contains(all, strings.TrimSpace(string(content))) {
			t.Errorf("no page shows %s as it is", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// publishedDocs is where GitHub shows docs/.
const publishedDocs = "https://github.com/matillion-community/terraform-provider-matillion/blob/main/docs/"

var (
	// markdownLink is a link in its line, or the definition of one at the end of a page.
	markdownLink = regexp.MustCompile(`(?m)(?:\]\(|^\[\w+\]: )([^)\s]+)`)
	// markdownReference is a link that a definition completes.
	markdownReference = regexp.MustCompile(`\]\[(\w+)\]`)
	heading           = regexp.MustCompile(`(?m)^#+ +(.+)$`)
	notInAnchors      = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// anchors returns the names that the headings of a page have in links.
func anchors(page string) map[string]bool {
	found := map[string]bool{}
	for _, match := range heading.FindAllStringSubmatch(page, -1) {
		found[strings.ReplaceAll(notInAnchors.ReplaceAllString(strings.ToLower(match[1]), ""), " ", "-")] = true
	}
	return found
}

// A page of docs/ is linked by its address on GitHub, which alone leads to it from everywhere. GitHub follows a relative
// link, with its extension. Terraform's registry rewrites none, and has no extension in its addresses. OpenTofu's registry
// rewrites those without a slash, and has other folders:
// https://github.com/opentofu/registry-ui/blob/main/frontend/src/routes/Provider/components/docsProcessor.ts.
// A link within a page is its anchor, in all three.
func TestDocumentation_linksLeadSomewhere(t *testing.T) {
	t.Parallel()
	docs := filepath.Join(acctest.Repository(), "docs")
	all := pages(t)
	for path, content := range all {
		for _, match := range markdownLink.FindAllStringSubmatch(content, -1) {
			link, published := strings.CutPrefix(match[1], publishedDocs)
			switch {
			case published:
				checkLink(t, path, filepath.Join(docs, link))
			case !strings.Contains(link, "://") && !strings.HasPrefix(link, "#"):
				t.Errorf("%s: the registries do not follow the relative link %s", path, link)
			default:
				checkLink(t, path, link)
			}
		}
		for _, match := range markdownReference.FindAllStringSubmatch(content, -1) {
			if !strings.Contains(content, "\n["+match[1]+"]: ") {
				t.Errorf("%s: nothing says where the link %s leads", path, match[1])
			}
		}
	}
	for _, file := range []string{"README.md", "CONTRIBUTING.md", "SUPPORT.md", "SECURITY.md"} {
		path := filepath.Join(acctest.Repository(), file)
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range markdownLink.FindAllStringSubmatch(string(content), -1) {
			checkLink(t, path, match[1])
		}
	}
}

// checkLink checks that a link on a page leads to a file, and to a heading in it.
func checkLink(t *testing.T, page, link string) {
	t.Helper()
	file, anchor, _ := strings.Cut(link, "#")
	if strings.Contains(file, "://") || strings.HasPrefix(anchor, "nestedatt--") {
		return
	}
	target := page
	switch {
	case filepath.IsAbs(file):
		target = file
	case file != "":
		target = filepath.Join(filepath.Dir(page), file)
	}
	if info, err := os.Stat(target); err == nil && info.IsDir() {
		return
	}
	linked, err := os.ReadFile(target)
	if err != nil || (anchor != "" && !anchors(string(linked))[anchor]) {
		t.Errorf("%s: the link %s leads nowhere", page, link)
	}
}

func TestDocumentation_tellsEveryKeyOfAScenario(t *testing.T) {
	t.Parallel()
	guide := pages(t)[filepath.Join(acctest.Repository(), "docs", "guides", "offline_testing.md")]
	keys := map[string]bool{}
	collectKeys(reflect.TypeFor[mockserver.Scenario](), keys)
	if len(keys) < 50 {
		t.Errorf("only %d keys were found", len(keys))
	}
	for key := range keys {
		if !strings.Contains(guide, "`"+key+"`") {
			t.Errorf("the guide does not have the key %q", key)
		}
	}
}

// collectKeys adds the keys of a type as it is written in JSON.
func collectKeys(of reflect.Type, keys map[string]bool) {
	switch of.Kind() {
	case reflect.Slice:
		collectKeys(of.Elem(), keys)
	case reflect.Struct:
		for i := range of.NumField() {
			key, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ",")
			if key == "" {
				continue // a time, which is a string
			}
			keys[key] = true
			collectKeys(of.Field(i).Type, keys)
		}
	}
}
