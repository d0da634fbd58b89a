// How fast objects become messages and text, beside copying the text: the pod below is about 4 KiB, as they are in
// life.
#include <benchmark/benchmark.h>
#include <cleat/sdk/selector.h>

#include <cstring>
#include <vector>

#include "core/gate/patch_body.h"
#include "core/object/apply/apply.h"
#include "core/object/codec.h"
#include "core/object/field_selector.h"
#include "core/object/protobuf/protobuf.h"
#include "tests/bench/sample_objects.h"
#include "tests/core/object/test_kinds.h"

namespace cleat::object {
namespace {

using bench::podJson;

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

void decodeText(benchmark::State& state, const char* kindName, const std::string& text) {
  const Kind& kind = test::kind(kindName);
  for (auto _ : state) benchmark::DoNotOptimize(decodeJson(kind, text, FieldValidation::strict));
  count(state, text.size());
}
void decodeADeployment(benchmark::State& state) { decodeText(state, "Deployment", bench::deploymentJson()); }
BENCHMARK(decodeADeployment);
void decodeAConfigMap(benchmark::State& state) { decodeText(state, "ConfigMap", bench::configMapJson()); }
BENCHMARK(decodeAConfigMap);

// A patch of a Deployment that says who owns what of it: read, and made into the next object.
void patchDeployment(benchmark::State& state, bus::PatchType type, const std::string& patch) {
  const Kind& kind = test::kind("Deployment");
  const Ref<const Message> made = decodeJson(kind, bench::deploymentJson(), FieldValidation::strict)->message;
  const Ref<const Message> live = trackUpdate(kind, nullptr, made, {"bench", {}, 1'700'000'000'000'000'000});
  for (auto _ : state) {
    Result<gate::PatchBody> read = gate::readPatch(type, patch, FieldValidation::strict);
    Result<Decoded> next = gate::patched(*read, kind, *live);
    if (!next) state.SkipWithError(next.error().message.c_str());
    benchmark::DoNotOptimize(next);
  }
}
void mergeOneField(benchmark::State& state) {
  patchDeployment(state, bus::PatchType::merge, R"({"spec":{"replicas":5}})");
}
BENCHMARK(mergeOneField);
void replaceOneField(benchmark::State& state) {
  patchDeployment(state, bus::PatchType::json, R"([{"op":"replace","path":"/spec/replicas","value":5}])");
}
BENCHMARK(replaceOneField);
void patchAnImageStrategically(benchmark::State& state) {
  patchDeployment(state, bus::PatchType::strategic,
                  R"({"spec":{"template":{"spec":{"$setElementOrder/containers":[{"name":"frontend"}],)"
                  R"("containers":[{"name":"frontend","image":"registry.example.com/shop/frontend:v2"}]}}}})");
}
BENCHMARK(patchAnImageStrategically);

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
