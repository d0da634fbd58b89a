// Test environments, as controller-runtime's envtest makes them: each is up in no time, knows nothing of the one before, and keeps
// its state over a restart of its server.
package main

import (
	"context"
	"fmt"
	"os"
	"sort"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	. "cleat/tests/clients/checks"
)

func main() {
	var ups []time.Duration
	for i := 0; i < 5; i++ {
		begin := time.Now()
		environment := &envtest.Environment{}
		if i == 0 { // or its certificates would be others after it came back
			environment.ControlPlane.GetAPIServer().CertDir = Must(os.MkdirTemp("", "certificates"))
			defer os.RemoveAll(environment.ControlPlane.GetAPIServer().CertDir)
		}
		config := Must(environment.Start())
		ups = append(ups, time.Since(begin))
		client := Must(kubernetes.NewForConfig(config))
		ctx := context.Background()
		maps := client.CoreV1().ConfigMaps("default")
		Must(maps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "only-once"}}, metav1.CreateOptions{}))
		user := Must(environment.AddUser(envtest.User{Name: "jane", Groups: []string{"people"}}, nil))
		_, err := Must(kubernetes.NewForConfig(user.Config())).CoreV1().Secrets("default").List(ctx, metav1.ListOptions{})
		Check("a user of the environment may nothing", err != nil)
		if i == 0 {
			No(environment.ControlPlane.APIServer.Stop())
			No(environment.ControlPlane.APIServer.Start())
			_, err := maps.Get(ctx, "only-once", metav1.GetOptions{})
			Check("a server that comes back has what it had", err == nil)
		}
		No(environment.Stop())
	}
	sort.Slice(ups, func(i, j int) bool { return ups[i] < ups[j] })
	fmt.Fprintln(os.Stderr, "up after", ups)
	Check("an environment is up in less than a second", ups[0] < time.Second)
	Finish()
}
