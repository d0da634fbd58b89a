// What an expression takes: to be compiled, and to be evaluated. The rule is one as they are in life.
#include <benchmark/benchmark.h>
#include <cleat/cel/environment.h>
#include <cleat/sdk/json_tree.h>

#include <array>

namespace cleat::cel {
namespace {

constexpr const char* kRule =
    "self.minReplicas <= self.replicas && self.replicas <= self.maxReplicas && "
    "(!has(self.name) || self.name.startsWith('web'))";

Value spec() {
  MapBuilder builder;
  (void)builder.add(Value::text("minReplicas"), Value::integer(1));
  (void)builder.add(Value::text("replicas"), Value::integer(3));
  (void)builder.add(Value::text("maxReplicas"), Value::integer(10));
  (void)builder.add(Value::text("name"), Value::text("web-frontend"));
  return std::move(builder).finish();
}

Environment environment() {
  Environment made(kubernetesFunctions());
  made.declare("self", types::map(types::text(), types::dyn()));
  return made;
}

void compile(benchmark::State& state) {
  const Environment made = environment();
  for (auto _ : state) benchmark::DoNotOptimize(made.compile(kRule).program);
}
BENCHMARK(compile);

void evaluate(benchmark::State& state) {
  const Compiled compiled = environment().compile(kRule);
  const std::array<Value, 1> values{spec()};
  for (auto _ : state) benchmark::DoNotOptimize(compiled.program->evaluate(values, {.cost = 1'000'000}).value.isTrue());
}
BENCHMARK(evaluate);

void evaluateLoop(benchmark::State& state) {
  Environment made(kubernetesFunctions());
  made.declare("self", types::list(types::integer()));
  const Compiled compiled = made.compile("self.filter(x, x > 2).map(x, x * x).all(x, x > 4)");
  std::vector<Value> elements;
  for (int64_t i = 0; i < state.range(0); ++i) elements.push_back(Value::integer(i));
  const std::array<Value, 1> values{Value::list(std::move(elements))};
  for (auto _ : state) benchmark::DoNotOptimize(compiled.program->evaluate(values).value.isTrue());
}
BENCHMARK(evaluateLoop)->Arg(10)->Arg(1000);

}  // namespace
}  // namespace cleat::cel
