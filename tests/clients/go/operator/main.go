// An operator on controller-runtime, in one process with who uses it: each Site has a deployment, a status and a finalizer.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"

	. "cleat/tests/clients/checks"
)

const (
	namespace = "operator"
	finalizer = "operator.cleat.dev/farewell"
)

var groupVersion = schema.GroupVersion{Group: "operator.cleat.dev", Version: "v1"}

type Site struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              struct {
		Replicas int32  `json:"replicas"`
		Image    string `json:"image"`
	} `json:"spec"`
	Status struct {
		Ready      int32              `json:"ready"`
		Conditions []metav1.Condition `json:"conditions,omitempty"`
	} `json:"status,omitempty"`
}

func (s *Site) DeepCopyObject() runtime.Object {
	copied := *s
	s.ObjectMeta.DeepCopyInto(&copied.ObjectMeta)
	copied.Status.Conditions = append([]metav1.Condition(nil), s.Status.Conditions...)
	return &copied
}

type SiteList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Site `json:"items"`
}

func (l *SiteList) DeepCopyObject() runtime.Object {
	copied := *l
	copied.Items = nil
	for i := range l.Items {
		copied.Items = append(copied.Items, *l.Items[i].DeepCopyObject().(*Site))
	}
	return &copied
}

func definition() *apiextensions.CustomResourceDefinition {
	open := true
	return &apiextensions.CustomResourceDefinition{
		ObjectMeta: metav1.ObjectMeta{Name: "sites.operator.cleat.dev"},
		Spec: apiextensions.CustomResourceDefinitionSpec{
			Group: groupVersion.Group, Scope: apiextensions.NamespaceScoped,
			Names: apiextensions.CustomResourceDefinitionNames{Plural: "sites", Kind: "Site", ListKind: "SiteList"},
			Versions: []apiextensions.CustomResourceDefinitionVersion{{Name: groupVersion.Version, Served: true, Storage: true,
				Subresources: &apiextensions.CustomResourceSubresources{Status: &apiextensions.CustomResourceSubresourceStatus{}},
				Schema: &apiextensions.CustomResourceValidation{OpenAPIV3Schema: &apiextensions.JSONSchemaProps{
					Type: "object", XPreserveUnknownFields: &open,
					Properties: map[string]apiextensions.JSONSchemaProps{"spec": {Type: "object",
						Properties: map[string]apiextensions.JSONSchemaProps{
							"replicas": {Type: "integer", Default: &apiextensions.JSON{Raw: []byte("1")}},
							"image":    {Type: "string"}}}}}}}}}}
}

type reconciler struct{ client.Client }

func (r reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	var site Site
	if err := r.Get(ctx, request.NamespacedName, &site); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !site.DeletionTimestamp.IsZero() {
		left := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: site.Name + "-was-here", Namespace: site.Namespace}}
		if err := r.Create(ctx, left); err != nil && !errors.IsAlreadyExists(err) {
			return ctrl.Result{}, err
		}
		controllerutil.RemoveFinalizer(&site, finalizer)
		return ctrl.Result{}, client.IgnoreNotFound(r.Update(ctx, &site))
	}
	if controllerutil.AddFinalizer(&site, finalizer) {
		return ctrl.Result{}, r.Update(ctx, &site)
	}
	deployment := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: site.Name, Namespace: site.Namespace}}
	_, err := controllerutil.CreateOrUpdate(ctx, r.Client, deployment, func() error {
		labels := map[string]string{"site": site.Name}
		deployment.Spec.Replicas = &site.Spec.Replicas
		deployment.Spec.Selector = &metav1.LabelSelector{MatchLabels: labels}
		deployment.Spec.Template.Labels = labels
		deployment.Spec.Template.Spec.Containers = []corev1.Container{{Name: "site", Image: site.Spec.Image}}
		return controllerutil.SetControllerReference(&site, deployment, r.Scheme())
	})
	if err != nil {
		return ctrl.Result{}, err
	}
	before := site.DeepCopyObject().(*Site)
	site.Status.Ready = deployment.Status.ReadyReplicas
	condition := metav1.Condition{Type: "Ready", Status: metav1.ConditionFalse, Reason: "Waiting"}
	if deployment.Status.ReadyReplicas == site.Spec.Replicas {
		condition.Status, condition.Reason = metav1.ConditionTrue, "AllReady"
	}
	meta.SetStatusCondition(&site.Status.Conditions, condition)
	return ctrl.Result{}, r.Status().Patch(ctx, &site, client.MergeFrom(before))
}

func newSite(name, image string) *Site {
	site := &Site{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace}}
	site.Spec.Replicas, site.Spec.Image = 2, image
	return site
}

func use(ctx context.Context, c client.Client) {
	site := newSite("first", "site:1")
	No(c.Create(ctx, site))
	key := client.ObjectKeyFromObject(site)
	var deployment appsv1.Deployment
	Check("the child is made", Until(func() bool { return c.Get(ctx, key, &deployment) == nil }))
	Check("and owned", metav1.IsControlledBy(&deployment, site))
	Check("a condition says that it is waited for", Until(func() bool {
		return c.Get(ctx, key, site) == nil && meta.IsStatusConditionFalse(site.Status.Conditions, "Ready")
	}))
	Check("pods become ready", Until(func() bool { return makeReady(ctx, c) == 2 }))
	Check("and the condition follows", Until(func() bool {
		return c.Get(ctx, key, site) == nil && meta.IsStatusConditionTrue(site.Status.Conditions, "Ready")
	}))
	before := site.DeepCopyObject().(*Site)
	site.Spec.Image = "site:2"
	No(c.Patch(ctx, site, client.MergeFrom(before)))
	Check("a change reaches the child", Until(func() bool {
		return c.Get(ctx, key, &deployment) == nil && deployment.Spec.Template.Spec.Containers[0].Image == "site:2"
	}))
	No(c.Delete(ctx, &deployment))
	uid := deployment.UID
	Check("a child that is deleted comes back", Until(func() bool {
		return c.Get(ctx, key, &deployment) == nil && deployment.UID != uid
	}))
	No(c.Delete(ctx, site))
	Check("the finalizer runs", Until(func() bool {
		left := client.ObjectKey{Namespace: namespace, Name: "first-was-here"}
		return c.Get(ctx, left, &corev1.ConfigMap{}) == nil
	}))
	Check("and lets it go", Until(func() bool { return errors.IsNotFound(c.Get(ctx, key, site)) }))
	Check("the garbage collector takes the child", Until(func() bool { return errors.IsNotFound(c.Get(ctx, key, &deployment)) }))
}

// There is no node: their status is written as one would write it.
func makeReady(ctx context.Context, c client.Client) (count int) {
	var pods corev1.PodList
	No(c.List(ctx, &pods, client.InNamespace(namespace), client.MatchingLabels{"site": "first"}))
	for i := range pods.Items {
		pod := &pods.Items[i]
		pod.Status.Phase = corev1.PodRunning
		pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue,
			LastTransitionTime: metav1.Now()}}
		if c.Status().Update(ctx, pod) == nil {
			count++
		}
	}
	return count
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	ctrl.SetLogger(klog.Background())
	scheme := runtime.NewScheme()
	No(clientgoscheme.AddToScheme(scheme))
	No(apiextensions.AddToScheme(scheme))
	scheme.AddKnownTypes(groupVersion, &Site{}, &SiteList{})
	metav1.AddToGroupVersion(scheme, groupVersion)
	config := ctrl.GetConfigOrDie()
	direct := Must(client.New(config, client.Options{Scheme: scheme}))
	No(direct.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}))
	No(direct.Create(ctx, definition()))
	Check("the custom kind is served", Until(func() bool {
		return direct.List(ctx, &SiteList{}) == nil
	}))
	manager := Must(ctrl.NewManager(config, ctrl.Options{Scheme: scheme, Metrics: server.Options{BindAddress: "0"},
		LeaderElection: true, LeaderElectionID: "sites", LeaderElectionNamespace: namespace, LeaderElectionReleaseOnCancel: true}))
	No(ctrl.NewControllerManagedBy(manager).For(&Site{}).Owns(&appsv1.Deployment{}).Complete(reconciler{manager.GetClient()}))
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- manager.Start(running) }()
	use(ctx, direct)
	stop()
	Check("the manager ends when asked", <-ended == nil)
	No(direct.Delete(context.Background(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}))
	fmt.Fprintln(os.Stderr, "done")
	Finish()
}
