// addon-manifests: brings what stands in folders of manifests; the server keeps it, and takes away what goes from them.
#include <cleat/schema/role/addon.interface.h>
#include <cleat/schema/role/addon.role.h>
#include <cleat/sdk/interface.h>
#include <cleat/sdk/roles.h>
#include <cleat/sdk/text.h>

#include "manifest_folder.h"

namespace cleat::manifests {
namespace {

class AddonManifests : public RolePlugin<role::AddonRole> {
 public:
  using RolePlugin::RolePlugin;

  Task<Result<void>> start() override {
    kept_ = config().list("folders");
    once_ = config().list("once");
    if (kept_.empty() && once_.empty()) {
      co_return fail(Status::badRequest("folders: name one, or it has nothing to bring"));
    }
    for (const auto* list : {&kept_, &once_}) {
      for (const std::string& folder : *list) {
        if (!folder.starts_with('/'))
          co_return fail(Status::badRequest(concat(inQuotes(folder), ": must begin with /")));
      }
    }
    co_return Result<void>();
  }

  // When one folder cannot be read nothing is said at all, and so nothing taken away.
  Task<Result<void>> bring(Call<role::AddonObjects>& call) override {
    struct Read {
      std::vector<std::string> kept, once;
    };
    auto work = [kept = kept_, once = once_]() -> Result<Read> {
      Read read;
      for (const std::string& folder : kept) {
        CLEAT_TRY(auto manifests, readManifests(folder));
        std::ranges::move(manifests, std::back_inserter(read.kept));
      }
      for (const std::string& folder : once) {
        CLEAT_TRY(auto manifests, readManifests(folder));
        std::ranges::move(manifests, std::back_inserter(read.once));
      }
      return read;
    };
    CLEAT_CO_TRY(const Read read, co_await context().blocking(work));
    auto objects = call.results().initObjects(static_cast<unsigned>(read.kept.size() + read.once.size()));
    unsigned at = 0;
    for (const std::string& manifest : read.kept) {
      auto object = objects[at++];
      object.setManifest(manifest);
      object.setIsReplaceable(config().boolean("replace"));
    }
    for (const std::string& manifest : read.once) {
      auto object = objects[at++];
      object.setManifest(manifest);
      object.setIsLeftAlone(true);
    }
    call.results().setIsComplete(true);
    co_return Result<void>();
  }

 private:
  std::vector<std::string> kept_, once_;
};

}  // namespace
}  // namespace cleat::manifests

CLEAT_PLUGIN(cleat::manifests::AddonManifests, .name = "addon-manifests", .version = "0.1.0", .maturity = "alpha",
             .roles = "addon", .grants = "* * bind,create,delete,escalate,get,patch\n",
             .configSchema =
                 "folders list # of manifests that are kept in the cluster as they are\n"
                 "once list # of manifests that are made where there is none, and left alone then\n"
                 "replace bool false # whether what cannot be changed is deleted and made anew\n");
CLEAT_BRINGS(cleat::role::addon);
