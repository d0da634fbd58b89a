// client-go: typed, dynamic and metadata clients in JSON and protobuf, discovery, informers that list and that
// stream their lists, server-side apply with its own types, leader election, and retries on conflicts.
package main

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	extensionsclient "k8s.io/apiextensions-apiserver/pkg/client/clientset/clientset"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	applycore "k8s.io/client-go/applyconfigurations/core/v1"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/features"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/client-go/util/retry"

	. "cleat/tests/clients/checks"
)

const namespace = "client-go"

var widgets = schema.GroupVersionResource{Group: "go.cleat.dev", Version: "v1", Resource: "widgets"}

func configMap(name string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"of": "go"}},
		Data: map[string]string{"a": "1"}}
}

// What goes over the wire: how often a resource was listed, and how often a watch was asked for what there is first.
type wire struct {
	next                    http.RoundTripper
	resource                string
	asked, listed, streamed atomic.Int32
}

func (w *wire) RoundTrip(request *http.Request) (*http.Response, error) {
	w.asked.Add(1)
	query := request.URL.Query()
	if request.Method == http.MethodGet && strings.HasSuffix(request.URL.Path, "/"+w.resource) {
		if query.Get("watch") == "" {
			w.listed.Add(1)
		} else if query.Get("sendInitialEvents") == "true" && query.Get("resourceVersionMatch") == "NotOlderThan" {
			w.streamed.Add(1)
		}
	}
	return w.next.RoundTrip(request)
}

func watched(config *rest.Config, resource string) (*rest.Config, *wire) {
	own, seen := rest.CopyConfig(config), &wire{resource: resource}
	own.Wrap(func(next http.RoundTripper) http.RoundTripper {
		seen.next = next
		return seen
	})
	return own, seen
}

// An informer whose server cannot stream a list would list without a word.
func (w *wire) check(what string, streams bool) {
	Check(what+": over the wire as it should", (w.streamed.Load() > 0) == streams && (w.listed.Load() == 0) == streams)
}

func typed(ctx context.Context, config *rest.Config, media string) {
	own := rest.CopyConfig(config)
	own.ContentType = media
	client := Must(kubernetes.NewForConfig(own))
	maps := client.CoreV1().ConfigMaps(namespace)
	made := Must(maps.Create(ctx, configMap("typed"), metav1.CreateOptions{}))
	Check(media+": a typed create has a uid", made.UID != "")
	made.Data["b"] = "2"
	Must(maps.Update(ctx, made, metav1.UpdateOptions{}))
	_, err := maps.Update(ctx, made, metav1.UpdateOptions{})
	Check(media+": an old version is a conflict", errors.IsConflict(err))
	err = retry.RetryOnConflict(retry.DefaultRetry, func() error {
		fresh, err := maps.Get(ctx, "typed", metav1.GetOptions{})
		if err == nil {
			fresh.Data["c"] = "3"
			_, err = maps.Update(ctx, fresh, metav1.UpdateOptions{})
		}
		return err
	})
	Check(media+": a retry ends it", err == nil)
	_, err = maps.Create(ctx, configMap("typed"), metav1.CreateOptions{})
	Check(media+": what is there already is told", errors.IsAlreadyExists(err))
	_, err = maps.Create(ctx, configMap("Not a name"), metav1.CreateOptions{})
	Check(media+": what is wrong is told by field", errors.IsInvalid(err))
	list := Must(maps.List(ctx, metav1.ListOptions{LabelSelector: "of=go"}))
	Check(media+": a selector finds it", len(list.Items) == 1 && list.Items[0].Data["c"] == "3")
	applied := Must(maps.Apply(ctx, applycore.ConfigMap("applied", namespace).WithData(map[string]string{"x": "y"}),
		metav1.ApplyOptions{FieldManager: "go", Force: true}))
	Check(media+": apply names its manager", applied.ManagedFields[0].Manager == "go")
	extracted := Must(applycore.ExtractConfigMap(applied, "go"))
	Check(media+": and gives back what it applied", extracted.Data["x"] == "y")
	No(maps.DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{FieldSelector: "metadata.name!=kube-root-ca.crt"}))
	_, err = maps.Get(ctx, "typed", metav1.GetOptions{})
	Check(media+": what is gone is not found", errors.IsNotFound(err))
}

func informing(ctx context.Context, config *rest.Config, media, what string, streams bool) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	own, seen := watched(config, "secrets")
	own.ContentType = media
	client := Must(kubernetes.NewForConfig(own))
	names := make(chan string, 100)
	Must(client.CoreV1().Secrets(namespace).Create(ctx,
		&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: what + "-before"}}, metav1.CreateOptions{}))
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithNamespace(namespace))
	secrets := factory.Core().V1().Secrets()
	Must(secrets.Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { names <- "+" + object.(*corev1.Secret).Name },
		DeleteFunc: func(object any) { names <- "-" + object.(*corev1.Secret).Name },
	}))
	factory.Start(ctx.Done())
	Check(what+": an informer is synced", synced(factory, ctx))
	seen.check(what, streams)
	_, err := secrets.Lister().Secrets(namespace).Get(what + "-before")
	Check(what+": with what there was", err == nil)
	Must(client.CoreV1().Secrets(namespace).Create(ctx,
		&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: what + "-after"}}, metav1.CreateOptions{}))
	No(client.CoreV1().Secrets(namespace).Delete(ctx, what+"-after", metav1.DeleteOptions{}))
	wanted := map[string]bool{"+" + what + "-before": true, "+" + what + "-after": true, "-" + what + "-after": true}
	for limit := time.After(20 * time.Second); len(wanted) > 0; {
		select {
		case name := <-names:
			delete(wanted, name)
		case <-limit:
			Check(what+": it tells what happens", false)
			return
		}
	}
	Check(what+": it tells what happens", true)
}

func customKind(ctx context.Context, config *rest.Config) {
	definition := &apiextensions.CustomResourceDefinition{
		ObjectMeta: metav1.ObjectMeta{Name: "widgets.go.cleat.dev"},
		Spec: apiextensions.CustomResourceDefinitionSpec{
			Group: widgets.Group, Scope: apiextensions.NamespaceScoped,
			Names: apiextensions.CustomResourceDefinitionNames{Plural: "widgets", Kind: "Widget", ShortNames: []string{"wd"}},
			Versions: []apiextensions.CustomResourceDefinitionVersion{{Name: "v1", Served: true, Storage: true,
				Schema: &apiextensions.CustomResourceValidation{OpenAPIV3Schema: &apiextensions.JSONSchemaProps{
					Type: "object", Properties: map[string]apiextensions.JSONSchemaProps{
						"spec": {Type: "object", Properties: map[string]apiextensions.JSONSchemaProps{
							"size": {Type: "integer", Default: &apiextensions.JSON{Raw: []byte("3")}}}}}}}}}}}
	definitions := Must(extensionsclient.NewForConfig(config)).ApiextensionsV1().CustomResourceDefinitions()
	Must(definitions.Create(ctx, definition, metav1.CreateOptions{}))
	Check("a definition is established", Until(func() bool {
		now := Must(definitions.Get(ctx, definition.Name, metav1.GetOptions{}))
		for _, condition := range now.Status.Conditions {
			if condition.Type == apiextensions.Established && condition.Status == apiextensions.ConditionTrue {
				return true
			}
		}
		return false
	}))
	own, seen := watched(config, "widgets")
	client := Must(dynamic.NewForConfig(own))
	factory := dynamicinformer.NewFilteredDynamicSharedInformerFactory(client, 0, namespace, nil)
	informer := factory.ForResource(widgets)
	lister := informer.Lister()
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	seen.check("a dynamic informer", true)
	widget := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "go.cleat.dev/v1", "kind": "Widget",
		"metadata": map[string]any{"name": "first"}, "spec": map[string]any{}}}
	made := Must(client.Resource(widgets).Namespace(namespace).Create(ctx, widget, metav1.CreateOptions{}))
	size, _, _ := unstructured.NestedInt64(made.Object, "spec", "size")
	Check("a custom object is filled in", size == 3)
	Check("a dynamic informer has it", Until(func() bool {
		_, err := lister.ByNamespace(namespace).Get("first")
		return err == nil
	}))
	patched := Must(client.Resource(widgets).Namespace(namespace).Patch(ctx, "first", types.MergePatchType,
		[]byte(`{"spec":{"size":5}}`), metav1.PatchOptions{}))
	size, _, _ = unstructured.NestedInt64(patched.Object, "spec", "size")
	Check("a merge patch changes it", size == 5)
}

func onlyMetadata(ctx context.Context, config *rest.Config) {
	own, seen := watched(config, "namespaces")
	client := Must(metadata.NewForConfig(own))
	list := Must(client.Resource(widgets).Namespace(namespace).List(ctx, metav1.ListOptions{}))
	Check("metadata alone is listed", len(list.Items) == 1 && list.Items[0].Name == "first")
	factory := metadatainformer.NewSharedInformerFactory(client, 0)
	lister := factory.ForResource(schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}).Lister()
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	_, err := lister.Get(namespace)
	Check("and watched", err == nil)
	seen.check("an informer of metadata", true)
}

func discovering(config *rest.Config) {
	own, seen := watched(config, "")
	client := Must(discovery.NewDiscoveryClientForConfig(own))
	groups, resources := Must2(client.ServerGroupsAndResources())
	Check("discovery takes two requests", seen.asked.Load() == 2)
	Check("discovery has groups and resources", len(groups) > 15 && len(resources) > 20)
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(client))
	mapping := Must(mapper.RESTMapping(schema.GroupKind{Group: "apps", Kind: "Deployment"}))
	Check("kinds are mapped to resources", mapping.Resource.Resource == "deployments")
	expander := restmapper.NewShortcutExpander(mapper, client, nil)
	short := Must(expander.KindFor(schema.GroupVersionResource{Resource: "wd"}))
	Check("so are short names of custom ones", short.Kind == "Widget")
	Check("there is OpenAPI, old and new", Must(client.OpenAPISchema()) != nil && len(Must(client.OpenAPIV3().Paths())) > 15)
	Check("the version is told", Must(client.ServerVersion()).Minor == "37")
}

func Must2[A, B any](a A, b B, err error) (A, B) {
	No(err)
	return a, b
}

func leading(ctx context.Context, client kubernetes.Interface) {
	ctx, cancel := context.WithCancel(ctx)
	leads := make(chan struct{})
	lock := &resourcelock.LeaseLock{LeaseMeta: metav1.ObjectMeta{Namespace: namespace, Name: "leader"},
		Client: client.CoordinationV1(), LockConfig: resourcelock.ResourceLockConfig{Identity: "one"}}
	go leaderelection.RunOrDie(ctx, leaderelection.LeaderElectionConfig{Lock: lock, ReleaseOnCancel: true,
		LeaseDuration: 3 * time.Second, RenewDeadline: 2 * time.Second, RetryPeriod: 500 * time.Millisecond,
		Callbacks: leaderelection.LeaderCallbacks{OnStartedLeading: func(context.Context) { close(leads) }, OnStoppedLeading: func() {}}})
	select {
	case <-leads:
		Check("a leader is elected", true)
	case <-time.After(20 * time.Second):
		Check("a leader is elected", false)
	}
	cancel()
	Check("and lets go", Until(func() bool {
		lease := Must(client.CoordinationV1().Leases(namespace).Get(context.Background(), "leader", metav1.GetOptions{}))
		return lease.Spec.HolderIdentity == nil || *lease.Spec.HolderIdentity == ""
	}))
}

type gates struct {
	features.Gates
	watchList bool
}

func (g gates) Enabled(key features.Feature) bool {
	return key == features.WatchListClient && g.watchList || key != features.WatchListClient && g.Gates.Enabled(key)
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	loading := clientcmd.NewDefaultClientConfigLoadingRules()
	config := Must(clientcmd.NewNonInteractiveDeferredLoadingClientConfig(loading, nil).ClientConfig())
	client := Must(kubernetes.NewForConfig(config))
	Must(client.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}},
		metav1.CreateOptions{}))
	typed(ctx, config, "application/json")
	typed(ctx, config, "application/vnd.kubernetes.protobuf")
	given := features.FeatureGates()
	for _, streams := range []bool{false, true} {
		features.ReplaceFeatureGates(gates{given, streams})
		what := map[bool]string{false: "list", true: "watch-list"}[streams]
		informing(ctx, config, "application/json", what, streams)
		informing(ctx, config, "application/vnd.kubernetes.protobuf", what+"-protobuf", streams)
	}
	customKind(ctx, config)
	onlyMetadata(ctx, config)
	discovering(config)
	leading(ctx, client)
	No(client.CoreV1().Namespaces().Delete(ctx, namespace, metav1.DeleteOptions{}))
	Finish()
}

func synced(factory informers.SharedInformerFactory, ctx context.Context) bool {
	all := factory.WaitForCacheSync(ctx.Done())
	for _, one := range all {
		if !one {
			return false
		}
	}
	return len(all) > 0
}
