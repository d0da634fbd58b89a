#include "role_messages.h"
#include "runtime_oci.h"

#include <cleat/sdk/text.h>

namespace cleat::runtime {

void RuntimeOci::serveImages() {
  on<role::PullImageParams, role::ImageResults>(
      kPullImage, [this](role::PullImageParams::Reader params, Call<role::ImageResults>& call) {
        return pullImage(params, call);
      });
  on<role::ImportImageParams, role::ImageResults>(
      kImportImage, [this](role::ImportImageParams::Reader params, Call<role::ImageResults>& call) {
        return importImage(params, call);
      });
  on<role::ImageParams, role::ImageResults>(
      kImageStatus, [this](role::ImageParams::Reader params, Call<role::ImageResults>& call) -> Result<void> {
        auto image = store_->find(str(params.getImage()));
        if (!image) return fail(image.error());
        write(call.results().initImage(), *image);
        return {};
      });
  on<void, role::ListImagesResults>(kListImages, [this](Call<role::ListImagesResults>& call) -> Result<void> {
    std::vector<Image> images = store_->list();
    auto list = call.results().initImages(unsigned(images.size()));
    for (unsigned i = 0; i < list.size(); ++i) write(list[i], images[i]);
    return {};
  });
  on<role::ImageParams, void>(kRemoveImage, [this](role::ImageParams::Reader params, Call<void>&) {
    return removeImage(str(params.getImage()));
  });
}

Task<Result<void>> RuntimeOci::pullImage(role::PullImageParams::Reader params, Call<role::ImageResults>& call) {
  RegistryCredential credential{str(params.getCredential().getUsername()), str(params.getCredential().getPassword())};
  Result<Image> image = co_await fetches_->pull(str(params.getImage()), credential);
  if (!image) co_return fail(image.error());
  write(call.results().initImage(), *image);
  co_return Result<void>();
}

Task<Result<void>> RuntimeOci::importImage(role::ImportImageParams::Reader params, Call<role::ImageResults>& call) {
  Result<Image> image = co_await fetches_->import(str(params.getPath()), str(params.getName()));
  if (!image) co_return fail(image.error());
  write(call.results().initImage(), *image);
  co_return Result<void>();
}

Task<Result<void>> RuntimeOci::removeImage(std::string name) {
  auto remove = [store = store_.get(), name] { return store->remove(name); };
  co_return co_await context().blocking(remove);
}

}  // namespace cleat::runtime
