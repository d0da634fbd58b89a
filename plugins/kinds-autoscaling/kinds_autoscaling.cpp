// kinds-autoscaling: autoscaling/v1 and v2. Scale is the body of the scale subresources; HorizontalPodAutoscalers are
// there in both versions.
#include <cleat/sdk/plugin.h>

#include "kinds-autoscaling/autoscalers.h"
#include "kinds-common/kinds_plugin.h"

namespace cleat::kinds::autoscaling {

namespace {

void printScale(v1::Scale::Reader scale, Cells& cells) {
  cells.text(view(scale.getMetadata().getName()));
  cells.integer(scale.getSpec().getReplicas());
  cells.integer(scale.getStatus().getReplicas());
  cells.age(scale.getMetadata().getCreationTimestamp());
}

}  // namespace

class AutoscalingKinds : public KindsPlugin {
 public:
  explicit AutoscalingKinds(Context& context) : KindsPlugin(context) {
    table().add<v1::Scale>({.structFile = "kinds/autoscaling_v1.capnp",
                            .columns = {{"Name", "string", "The name of what is scaled."},
                                        {"Desired", "integer", "How many there are to be."},
                                        {"Available", "integer", "How many there are."},
                                        ageColumn()},
                            .bodyOnly = true},
                           {.row = &printScale});
    addAutoscalers(table());
  }

  Task<Result<void>> convert(role::ConvertParams::Reader params, Call<role::ConvertResults>& call) override {
    const std::string_view from = view(params.getRef().getVersion()), to = view(params.getVersion());
    const bool up = from == "v1" && to == "v2", down = from == "v2" && to == "v1";
    if (view(params.getRef().getResource()) != KindOf<v2::HorizontalPodAutoscaler>::resource.resource || up == down) {
      co_return fail(Status::badRequest(
          concat("there is no conversion of ", view(params.getRef().getResource()), " from ", from, " to ", to)));
    }
    call.results();
    for (size_t i = 0; i < call.objects().size(); ++i) {
      if (up) {
        Draft<v2::HorizontalPodAutoscaler> made = toV2(*call.object<v1::HorizontalPodAutoscaler>(i));
        // What v1 leaves open is what is stored, and what v2 shows.
        setDefaults(*made);
        call.addObject(std::move(made));
      } else {
        call.addObject(toV1(*call.object<v2::HorizontalPodAutoscaler>(i)));
      }
    }
    co_return Result<void>();
  }
};

}  // namespace cleat::kinds::autoscaling

CLEAT_PLUGIN(cleat::kinds::autoscaling::AutoscalingKinds, .name = "kinds-autoscaling", .version = "0.1.0",
             .maturity = "alpha", .roles = "kinds", .flags = CLEAT_FLAG_CONCURRENT_CALLS);
