import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectionConfigBuilder;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaseLock;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Version;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** fabric8: typed and custom kinds, patches, apply, watches over WebSockets, informers, leader election. */
public final class Client {
  private static final String NAMESPACE = "java";
  private static int done = 0;
  private static int failed = 0;

  public static final class BoltSpec {
    public int size;
  }

  public static final class BoltStatus {
    public String phase;
  }

  @Group("java.cleat.dev")
  @Version("v1")
  @Plural("bolts")
  public static final class Bolt extends CustomResource<BoltSpec, BoltStatus> implements Namespaced {}

  private static final String DEFINITION = """
      apiVersion: apiextensions.k8s.io/v1
      kind: CustomResourceDefinition
      metadata: {name: bolts.java.cleat.dev}
      spec:
        group: java.cleat.dev
        scope: Namespaced
        names: {plural: bolts, singular: bolt, kind: Bolt}
        versions:
        - name: v1
          served: true
          storage: true
          subresources: {status: {}}
          schema:
            openAPIV3Schema:
              type: object
              properties:
                spec: {type: object, properties: {size: {type: integer, minimum: 1}}}
                status: {type: object, properties: {phase: {type: string}}}
      """;

  private static final String DEPLOYMENT = """
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: web, namespace: java}
      spec:
        replicas: 1
        selector: {matchLabels: {app: web}}
        template:
          metadata: {labels: {app: web}}
          spec: {containers: [{name: web, image: 'web:1'}]}
      """;

  private static void check(String what, boolean holds) {
    done++;
    if (!holds) failed++;
    System.out.println((holds ? "ok    " : "FAIL  ") + what);
  }

  private static boolean refused(int code, String reason, Runnable call) {
    try {
      call.run();
    } catch (KubernetesClientException error) {
      if (error.getCode() == code && error.getStatus() != null && reason.equals(error.getStatus().getReason())) return true;
      System.out.println("      got " + error);
    }
    return false;
  }

  private static boolean until(BooleanSupplier holds) throws InterruptedException {
    for (int i = 0; i < 200; i++) {
      if (holds.getAsBoolean()) return true;
      Thread.sleep(100);
    }
    return false;
  }

  private static ConfigMap map(String name) {
    return new ConfigMapBuilder().withNewMetadata().withName(name).addToLabels("of", "java").endMetadata()
        .addToData("a", "1").build();
  }

  private static void typed(KubernetesClient client) {
    client.namespaces().resource(new NamespaceBuilder().withNewMetadata().withName(NAMESPACE).endMetadata().build()).create();
    var maps = client.configMaps().inNamespace(NAMESPACE);
    ConfigMap made = maps.resource(map("settings")).create();
    check("a typed create has a uid and a time", made.getMetadata().getUid() != null);
    maps.resource(new ConfigMapBuilder(made).addToData("b", "2").build()).update();
    check("an old version is a conflict", refused(409, "Conflict", () -> maps.resource(made).update()));
    check("a selector finds it", maps.withLabel("of", "java").list().getItems().size() == 1);
    ConfigMap merged = maps.withName("settings").patch(PatchContext.of(PatchType.JSON_MERGE), "{\"data\":{\"a\":null}}");
    check("a merge patch takes away", merged.getData().equals(Map.of("b", "2")));
    ConfigMap edited = maps.withName("settings").edit(m -> new ConfigMapBuilder(m).addToData("c", "3").build());
    check("an edit is a JSON patch", edited.getData().get("c").equals("3"));
    check("what is not there is null", maps.withName("none").get() == null);
    ConfigMap applied = maps.resource(map("applied")).fieldManager("java").serverSideApply();
    check("server-side apply names its manager", applied.getMetadata().getManagedFields().get(0).getManager().equals("java"));
    check("what is wrong is told by field", refused(422, "Invalid", () -> maps.resource(map("Not a name")).create()));
  }

  private static void workloads(KubernetesClient client) throws InterruptedException {
    List<HasMetadata> loaded = client.load(new java.io.ByteArrayInputStream(DEPLOYMENT.getBytes())).createOrReplace();
    check("a manifest is loaded", loaded.size() == 1);
    client.apps().deployments().inNamespace(NAMESPACE).withName("web").scale(3);
    var pods = client.pods().inNamespace(NAMESPACE).withLabel("app", "web");
    check("a scaled deployment has its pods", until(() -> pods.list().getItems().size() == 3));
    String name = pods.list().getItems().get(0).getMetadata().getName();
    // It sends them as policy/v1beta1.
    check("a pod is evicted", client.pods().inNamespace(NAMESPACE).withName(name).evict());
    check("and has one in its place", until(() -> pods.list().getItems().stream()
        .filter(p -> !p.getMetadata().getName().equals(name)).count() == 3));
  }

  private static void watching(KubernetesClient client) throws InterruptedException {
    var events = new ConcurrentLinkedQueue<String>();
    var maps = client.configMaps().inNamespace(NAMESPACE);
    Watch watch = maps.withName("seen").watch(new Watcher<ConfigMap>() {
      @Override
      public void eventReceived(Action action, ConfigMap map) {
        events.add(action.name());
      }

      @Override
      public void onClose(WatcherException cause) {}
    });
    maps.resource(map("seen")).create();
    maps.withName("seen").delete();
    check("a watch tells what happened", until(() -> List.copyOf(events).equals(List.of("ADDED", "DELETED"))));
    watch.close();
    var names = new ConcurrentLinkedQueue<String>();
    SharedIndexInformer<ConfigMap> informer = maps.withLabel("of", "java").inform(new ResourceEventHandler<>() {
      @Override
      public void onAdd(ConfigMap map) {
        names.add(map.getMetadata().getName());
      }

      @Override
      public void onUpdate(ConfigMap before, ConfigMap map) {}

      @Override
      public void onDelete(ConfigMap map, boolean unknown) {
        names.remove(map.getMetadata().getName());
      }
    });
    check("an informer has what was", until(() -> names.contains("settings")));
    maps.resource(map("later")).create();
    check("and what comes", until(() -> names.contains("later")));
    maps.withName("later").delete();
    check("and lets go of what went", until(() -> !names.contains("later")));
    informer.stop();
  }

  private static void customKinds(KubernetesClient client) throws InterruptedException {
    var definition = client.resource(DEFINITION);
    definition.create();
    client.apiextensions().v1().customResourceDefinitions().withName("bolts.java.cleat.dev").waitUntilCondition(
        (CustomResourceDefinition d) -> d != null && d.getStatus() != null && d.getStatus().getConditions().stream()
            .anyMatch(c -> c.getType().equals("Established") && c.getStatus().equals("True")), 20, TimeUnit.SECONDS);
    Bolt bolt = new Bolt();
    bolt.getMetadata().setName("first");
    bolt.setSpec(new BoltSpec());
    bolt.getSpec().size = 4;
    var bolts = client.resources(Bolt.class).inNamespace(NAMESPACE);
    bolts.resource(bolt).create();
    Bolt told = bolts.withName("first").editStatus(b -> {
      b.setStatus(new BoltStatus());
      b.getStatus().phase = "Ready";
      return b;
    });
    check("a custom object's status is a subresource", told.getStatus().phase.equals("Ready") && told.getSpec().size == 4);
    bolt.getMetadata().setName("bad");
    bolt.getSpec().size = 0;
    check("its schema is kept", refused(422, "Invalid", () -> bolts.resource(bolt).create()));
    GenericKubernetesResource generic =
        client.genericKubernetesResources("java.cleat.dev/v1", "Bolt").inNamespace(NAMESPACE).withName("first").get();
    check("discovery resolves a kind without a class", generic.get("status", "phase").equals("Ready"));
  }

  private static void leading(KubernetesClient client) throws InterruptedException {
    var leads = new CountDownLatch(1);
    var election = client.leaderElector().withConfig(new LeaderElectionConfigBuilder().withName("java")
        .withLeaseDuration(Duration.ofSeconds(15)).withRenewDeadline(Duration.ofSeconds(10)).withRetryPeriod(Duration.ofSeconds(1))
        .withLock(new LeaseLock(NAMESPACE, "leader", "one")).withReleaseOnCancel(true)
        .withLeaderCallbacks(new LeaderCallbacks(leads::countDown, () -> {}, id -> {})).build()).build().start();
    check("a leader is elected", leads.await(20, TimeUnit.SECONDS));
    election.cancel(true);
  }

  public static void main(String[] arguments) throws Exception {
    try (KubernetesClient client = new KubernetesClientBuilder().withConfig(Config.autoConfigure(null)).build()) {
      check("the server tells its version", client.getKubernetesVersion().getMinor().startsWith("37"));
      typed(client);
      workloads(client);
      watching(client);
      customKinds(client);
      leading(client);
      client.namespaces().withName(NAMESPACE).delete();
    }
    System.out.println(done + " checks, " + failed + " failed");
    System.exit(failed == 0 && done > 0 ? 0 : 1);
  }
}
