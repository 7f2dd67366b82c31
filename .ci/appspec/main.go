// Appspec checks an App Platform specification against DigitalOcean's own client: unknown and repeated
// keys, wrong types, and words outside of the client's enumerations. It connects to nothing.
package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/digitalocean/godo"
	"sigs.k8s.io/yaml"
)

const client = "github.com/digitalocean/godo"

func main() {
	if len(os.Args) != 2 {
		fail("usage: appspec SPEC.yaml")
	}
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		fail(err)
	}
	var spec godo.AppSpec
	if err := yaml.UnmarshalStrict(text, &spec); err != nil {
		fail(err)
	}
	words, err := enumerations()
	if err != nil {
		fail(err)
	}
	if faults := wrongWords(reflect.ValueOf(spec), "spec", words); len(faults) > 0 {
		fail(strings.Join(faults, "\n"))
	}
}

func fail(reason any) {
	fmt.Fprintln(os.Stderr, reason)
	os.Exit(1)
}

// enumerations maps the name of a string type to its constants. The decoder takes any string for them,
// and reflection does not see constants, so they are read from the client's source.
func enumerations() (map[string][]string, error) {
	folder, err := exec.Command("go", "list", "-f", "{{.Dir}}", client).Output()
	if err != nil {
		return nil, err
	}
	source := filepath.Join(strings.TrimSpace(string(folder)), "apps.gen.go")
	file, err := parser.ParseFile(token.NewFileSet(), source, nil, 0)
	if err != nil {
		return nil, err
	}
	words := map[string][]string{}
	ast.Inspect(file, func(node ast.Node) bool {
		constant, isValue := node.(*ast.ValueSpec)
		if !isValue || len(constant.Values) != 1 {
			return true
		}
		kind, isNamed := constant.Type.(*ast.Ident)
		literal, isLiteral := constant.Values[0].(*ast.BasicLit)
		if isNamed && isLiteral {
			if word, err := strconv.Unquote(literal.Value); err == nil {
				words[kind.Name] = append(words[kind.Name], word)
			}
		}
		return true
	})
	return words, nil
}

func wrongWords(value reflect.Value, path string, words map[string][]string) (faults []string) {
	switch value.Kind() {
	case reflect.Pointer:
		if !value.IsNil() {
			return wrongWords(value.Elem(), path, words)
		}
	case reflect.Slice:
		for index := range value.Len() {
			faults = append(faults, wrongWords(value.Index(index), fmt.Sprintf("%s[%d]", path, index), words)...)
		}
	case reflect.Struct:
		for index := range value.NumField() {
			if field := value.Type().Field(index); field.IsExported() {
				name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
				faults = append(faults, wrongWords(value.Field(index), path+"."+name, words)...)
			}
		}
	case reflect.String:
		known := words[value.Type().Name()]
		if known != nil && value.String() != "" && !slices.Contains(known, value.String()) {
			return []string{fmt.Sprintf("%s: %q is none of %v", path, value, known)}
		}
	}
	return faults
}
