@0xc1ea7c1ea7c1eae3;
# What the host takes of plugins for /metrics: numbers that a plugin keeps about itself.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("cleat::role");

interface Metrics {
  publish @0 PublishMetricsParams -> ();
  # Takes the place of all that the plugin has published before; when the plugin is gone, so is this. Every series gets the
  # label `plugin`. What is more than the host keeps of a plugin, or cannot be written as Prometheus wants it, is refused as a
  # whole.
}

struct PublishMetricsParams {
  families @0 :List(MetricFamily);
}

enum MetricType {
  counter @0;
  gauge @1;
  histogram @2;
}

struct MetricFamily {
  name @0 :Text;
  # Prometheus': "workqueue_depth"
  help @1 :Text;
  type @2 :MetricType;
  labels @3 :List(Text);
  # Their names.
  bounds @4 :List(Float64);
  # Of a histogram: the upper bounds of its buckets, in ascending order.
  series @5 :List(MetricSeries);
}

struct MetricSeries {
  labels @0 :List(Text);
  # Their values.
  value @1 :Float64;
  # Of a histogram the sum of what was observed.
  buckets @2 :List(UInt64);
  # How much of that each bucket has, those before it not counted; what is above all bounds comes last.
}
