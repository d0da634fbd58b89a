// How fast objects become messages and text, beside copying the text: the pod below is about 4 KiB, as they are in
// life.
#include <benchmark/benchmark.h>
#include <cleat/sdk/selector.h>

#include <cstring>
#include <vector>

#include "core/object/codec.h"
#include "core/object/field_selector.h"
#include "core/object/protobuf/protobuf.h"
#include "tests/core/object/test_kinds.h"

namespace cleat::object {
namespace {

std::string containerJson(const std::string& name) {
  return R"({"name":")" + name +
         R"(","image":"registry.example.com/shop/frontend:v1.42.0","args":["--listen=:8080","--log-level=info"],)"
         R"("ports":[{"name":"http","containerPort":8080,"protocol":"TCP"}],"env":[{"name":"POD_NAME","valueFrom":{"fieldRef":)"
         R"({"apiVersion":"v1","fieldPath":"metadata.name"}}},{"name":"MODE","value":"production"},{"name":"GREETING","value":"say \"hello\"\n"}],)"
         R"("resources":{"limits":{"cpu":"500m","memory":"256Mi"},"requests":{"cpu":"100m","memory":"128Mi"}},)"
         R"("volumeMounts":[{"name":"config","readOnly":true,"mountPath":"/etc/shop"},{"name":"kube-api-access-x7k2p",)"
         R"("readOnly":true,"mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}],"livenessProbe":{"httpGet":)"
         R"({"path":"/healthz","port":"http","scheme":"HTTP"},"initialDelaySeconds":5,"timeoutSeconds":1,"periodSeconds":10,)"
         R"("successThreshold":1,"failureThreshold":3},"terminationMessagePath":"/dev/termination-log",)"
         R"("terminationMessagePolicy":"File","imagePullPolicy":"IfNotPresent","securityContext":{"runAsUser":1000,"runAsNonRoot":true}})";
}

std::string podJson() {
  return R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"frontend-7d9c5b8f6d-x2x9z","generateName":"frontend-7d9c5b8f6d-",)"
         R"("namespace":"shop","uid":"0e9b4d1e-7f6a-4c0e-9a51-6a4f0a3d9c11","resourceVersion":"184467","creationTimestamp":"2026-03-01T12:00:00Z",)"
         R"("labels":{"app.kubernetes.io/name":"frontend","pod-template-hash":"7d9c5b8f6d","tier":"web"},"annotations":)"
         R"({"example.com/checksum":"4f5d2c"},"ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"frontend-7d9c5b8f6d",)"
         R"("uid":"5c0f1a52-98a1-41de-a1cd-4d4b4d3c0f6a","controller":true,"blockOwnerDeletion":true}]},"spec":{"volumes":[{"name":"config",)"
         R"("configMap":{"name":"frontend","defaultMode":420}},{"name":"kube-api-access-x7k2p","projected":{"sources":[{"serviceAccountToken":)"
         R"({"expirationSeconds":3607,"path":"token"}},{"configMap":{"name":"kube-root-ca.crt","items":[{"key":"ca.crt","path":"ca.crt"}]}}],)"
         R"("defaultMode":420}}],"containers":[)" +
         containerJson("frontend") + "," + containerJson("sidecar") +
         R"(],"restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","serviceAccountName":"default",)"
         R"("nodeName":"node-17","securityContext":{},"schedulerName":"default-scheduler","tolerations":[{"key":"node.kubernetes.io/not-ready",)"
         R"("operator":"Exists","effect":"NoExecute","tolerationSeconds":300}],"priority":0,"enableServiceLinks":true},"status":)"
         R"({"phase":"Running","conditions":[{"type":"Ready","status":"True","lastTransitionTime":"2026-03-01T12:00:05Z"},{"type":"PodScheduled",)"
         R"("status":"True","lastTransitionTime":"2026-03-01T12:00:00Z"}],"hostIP":"192.0.2.17","podIP":"10.244.3.7","startTime":"2026-03-01T12:00:00Z",)"
         R"("containerStatuses":[{"name":"frontend","state":{"running":{"startedAt":"2026-03-01T12:00:03Z"}},"lastState":{},"ready":true,)"
         R"("restartCount":0,"image":"registry.example.com/shop/frontend:v1.42.0","imageID":"sha256:6c9e2f4e","started":true}],"qosClass":"Burstable"}})";
}

struct Pod {
  const Kind& kind = test::kind("Pod");
  Ref<Message> message = decodeJson(kind, podJson(), FieldValidation::strict)->message;
  std::string json = encodeJson(kind, message->words());
  std::string protobuf = encodeProtobuf(kind, message->words());
};

const Pod& pod() {
  static const Pod made;
  return made;
}

void count(benchmark::State& state, size_t bytes) {
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * bytes));
  state.counters["object_bytes"] = static_cast<double>(bytes);
}

void copyText(benchmark::State& state) {
  for (auto _ : state) {
    std::string copy(pod().json);
    benchmark::DoNotOptimize(copy.data());
    benchmark::ClobberMemory();
  }
  count(state, pod().json.size());
}
BENCHMARK(copyText);

void encodeToJson(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(encode(pod().kind, pod().message->words(), true));
  count(state, pod().json.size());
}
BENCHMARK(encodeToJson);

void parseOnly(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(parseJson(pod().json));
  count(state, pod().json.size());
}
BENCHMARK(parseOnly);

void decodeFromJson(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(decodeJson(pod().kind, pod().json, FieldValidation::ignore));
  count(state, pod().json.size());
}
BENCHMARK(decodeFromJson);

void decodeFromJsonStrictly(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(decodeJson(pod().kind, pod().json, FieldValidation::strict));
  count(state, pod().json.size());
}
BENCHMARK(decodeFromJsonStrictly);

void encodeToProtobuf(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(encodeProtobuf(pod().kind, pod().message->words()));
  count(state, pod().protobuf.size());
}
BENCHMARK(encodeToProtobuf);

void decodeFromProtobuf(benchmark::State& state) {
  std::string_view raw = openProtobuf(pod().protobuf)->raw;
  for (auto _ : state) benchmark::DoNotOptimize(decodeProtobuf(pod().kind, raw));
  count(state, pod().protobuf.size());
}
BENCHMARK(decodeFromProtobuf);

void checkForeignMessage(benchmark::State& state) {
  for (auto _ : state) {
    Result<Ref<Message>> checked = Message::checked(pod().message->words());
    benchmark::DoNotOptimize(verify(pod().kind, (*checked)->words()));
  }
  count(state, pod().message->words().size_bytes());
}
BENCHMARK(checkForeignMessage);

void matchLabels(benchmark::State& state) {
  LabelSelector selector = *LabelSelector::parse("app.kubernetes.io/name=frontend,tier in (web,api)");
  for (auto _ : state) benchmark::DoNotOptimize(selector.matches(pod().message->meta().getLabels()));
}
BENCHMARK(matchLabels);

}  // namespace
}  // namespace cleat::object
