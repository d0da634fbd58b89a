#include "role_messages.h"
#include "runtime_oci.h"

#include <cleat/sdk/text.h>

namespace cleat::runtime {

Task<Result<void>> RuntimeOci::pullImage(role::PullImageParams::Reader params, Call<role::ImageResults>& call) {
  RegistryCredential credential{str(params.getCredential().getUsername()), str(params.getCredential().getPassword())};
  CLEAT_CO_TRY(Image image, co_await fetches_->pull(str(params.getImage()), credential));
  write(call.results().initImage(), image);
  co_return Result<void>();
}

Task<Result<void>> RuntimeOci::importImage(role::ImportImageParams::Reader params, Call<role::ImageResults>& call) {
  CLEAT_CO_TRY(Image image, co_await fetches_->import(str(params.getPath()), str(params.getName())));
  write(call.results().initImage(), image);
  co_return Result<void>();
}

Task<Result<void>> RuntimeOci::imageStatus(role::ImageParams::Reader params, Call<role::ImageResults>& call) {
  CLEAT_CO_TRY(const Image image, store_->find(str(params.getImage())));
  write(call.results().initImage(), image);
  co_return Result<void>();
}

Task<Result<void>> RuntimeOci::listImages(Call<role::ListImagesResults>& call) {
  std::vector<Image> images = store_->list();
  auto list = call.results().initImages(unsigned(images.size()));
  for (unsigned i = 0; i < list.size(); ++i) write(list[i], images[i]);
  co_return Result<void>();
}

Task<Result<void>> RuntimeOci::removeImage(role::ImageParams::Reader params, Call<void>&) {
  auto remove = [store = store_.get(), name = str(params.getImage())] { return store->remove(name); };
  co_return co_await context().blocking(remove);
}

}  // namespace cleat::runtime
