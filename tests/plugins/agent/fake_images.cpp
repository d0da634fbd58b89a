// The images of FakeRuntime, and the registry that they come from.
#include "image-common/image_name.h"
#include "node_fixture.h"

namespace cleat::agent::test {

void FakeRuntime::installImages() {
  host_.onCall(role::runtime::pullImage,
               [this](role::PullImageParams::Reader params, role::ImageResults::Builder out) -> Result<void> {
                 std::string image = str(params.getImage());
                 log.push_back("pull " + image);
                 if (failPull) return fail(*failPull);
                 if (!pullable.contains(image)) return fail(Status::internal("no such image in the registry"));
                 auto password = passwords.find(image);
                 if (password != passwords.end() && view(params.getCredential().getPassword()) != password->second)
                   return fail(Status::forbidden("unauthorized"));
                 images.insert(image);
                 describeImage(image, out.initImage());
                 return {};
               });
  host_.onCall(role::runtime::imageStatus,
               [this](role::ImageParams::Reader params, role::ImageResults::Builder out) -> Result<void> {
                 std::string image = str(params.getImage());
                 if (!images.contains(image)) return fail(Status::notFound("images", image));
                 describeImage(image, out.initImage());
                 return {};
               });
  host_.onCall(role::runtime::listImages, [this](role::ListImagesResults::Builder out) -> Result<void> {
    auto list = out.initImages(static_cast<uint32_t>(images.size()));
    uint32_t at = 0;
    for (const std::string& image : images) describeImage(image, list[at++]);
    return {};
  });
  host_.onCall(role::runtime::removeImage, [this](role::ImageParams::Reader params) -> Result<void> {
    if (failRemoveImage) return fail(Status::internal(*failRemoveImage));
    log.push_back(concat("remove image ", params.getImage()));
    std::erase_if(images, [&](const std::string& image) { return idOf(image) == view(params.getImage()); });
    return {};
  });
}

std::string FakeRuntime::idOf(const std::string& image) {
  return image == "busybox:1.36" ? "sha256:1" : "sha256:" + image;
}

void FakeRuntime::describeImage(const std::string& image, role::Image::Builder out) {
  out.setId(idOf(image));
  if (auto name = parseImageName(image)) {
    auto names = name->digest.empty() ? out.initNames(1) : out.initDigests(1);
    names.set(0, name->listed());
  }
  auto size = imageSizes.find(image);
  out.setSizeBytes(size == imageSizes.end() ? 0 : size->second);
}

}  // namespace cleat::agent::test
