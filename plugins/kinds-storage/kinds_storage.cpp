// kinds-storage: the kinds of storage.k8s.io/v1. What they are is in their own files.
#include <cleat/sdk/plugin.h>

#include "kinds-common/kinds_plugin.h"
#include "kinds-storage/storage_kinds.h"

namespace cleat::kinds::storage {

class StorageKinds : public KindsPlugin {
 public:
  explicit StorageKinds(Context& context) : KindsPlugin(context) {
    addClasses(table());
    addCsiKinds(table());
    addVolumeAttachments(table());
  }

  Task<Result<void>> rows(role::RowsParams::Reader params, Call<role::RowsResults>& call) override {
    CLEAT_CO_TRY(co_await KindsPlugin::rows(params, call));
    if (params.getOfList() && view(params.getRef().getResource()) == "storageclasses") {
      markDefaultClass(call.objects(), call.results());
    }
    co_return Result<void>();
  }
};

}  // namespace cleat::kinds::storage

CLEAT_PLUGIN(cleat::kinds::storage::StorageKinds, .name = "kinds-storage", .version = "0.1.0", .maturity = "alpha",
             .roles = "kinds", .flags = CLEAT_FLAG_CONCURRENT_CALLS);
