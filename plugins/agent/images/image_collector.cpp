#include "images/image_collector.h"

#include <cleat/sdk/lists.h>

#include <algorithm>
#include <cstdio>
#include <tuple>

using namespace std::chrono_literals;

namespace cleat::agent {
namespace {

// "26.4 GiB"
std::string sizeText(uint64_t bytes) {
  static constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  size_t unit = 0;
  double value = double(bytes);
  for (; value >= 1024 && unit + 1 < std::size(kUnits); ++unit) value /= 1024;
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", value, kUnits[unit]);
  return text;
}

// The ways in which somebody may have written one name.
void addForms(std::set<std::string>& forms, const std::string& text) {
  forms.insert(text);
  if (auto name = parseImageName(text)) forms.insert(name->listed());
}

}  // namespace

Result<void> ImageCollection::check() const {
  auto wrong = [](const std::string& what) { return fail(Status::badRequest(what)); };
  for (const auto& [name, value] :
       std::initializer_list<std::pair<const char*, int64_t>>{{"image_gc_high_threshold_percent", highThresholdPercent},
                                                              {"image_gc_low_threshold_percent", lowThresholdPercent}})
    if (value < 0 || value > 100) return wrong(concat(name, ": must be between 0 and 100, inclusive, and is ", value));
  if (lowThresholdPercent >= highThresholdPercent)
    return wrong(concat("image_gc_low_threshold_percent: must be less than image_gc_high_threshold_percent (",
                        highThresholdPercent, "), and is ", lowThresholdPercent));
  if (minimumAge < Duration::zero()) return wrong("image_minimum_gc_age: must not be negative");
  if (maximumAge < Duration::zero()) return wrong("image_maximum_gc_age: must not be negative");
  if (period < 1s) return wrong("image_gc_period: must be at least 1s");
  if (maximumAge > Duration::zero() && maximumAge <= minimumAge)
    return wrong("image_maximum_gc_age: must be greater than image_minimum_gc_age");
  return {};
}

void ImageCollector::start(ImageCollection settings, Disk disk, Used used, ObjectReference node) {
  settings_ = std::move(settings);
  disk_ = std::move(disk);
  used_ = std::move(used);
  node_ = std::move(node);
  began_ = context_.now();
  spawn(run());
}

Task<void> ImageCollector::run() {
  bool failedBefore = false;
  while (true) {
    co_await settlePulls();
    Result<void> done = co_await round();
    if (!done) {
      context_.log.error("cannot remove unused images: ", done.error());
      // Once may be by chance.
      if (failedBefore) events_.record(node_, "Warning", "ImageGCFailed", done.error().message);
    }
    failedBefore = !done;
    co_await context_.sleep(settings_.period);
  }
}

Task<void> ImageCollector::settlePulls() {
  for (const std::string& image : records_.abandoned()) {
    auto status = co_await runtime_.imageStatus(image);
    if (!status && !status.error().is(404)) continue;
    std::string imageId = status ? str((*status)->getImage().getId()) : std::string();
    co_await records_.settle(image, std::move(imageId));
  }
}

Task<Result<void>> ImageCollector::round() {
  Instant now = context_.now();
  CLEAT_CO_TRY(std::vector<Unused> images, co_await look(now));
  if (settings_.maximumAge > Duration::zero() && now - began_ > settings_.maximumAge) co_await freeOld(images, now);
  // The kubelet's word for never.
  if (settings_.highThresholdPercent == 100) co_return Result<void>();
  CLEAT_CO_TRY(DiskUsage disk, co_await disk_());
  if (disk.capacityBytes == 0) {
    std::string why = "invalid capacity 0 on image filesystem";
    events_.record(node_, "Warning", "InvalidDiskCapacity", why);
    co_return fail(Status::internal(why));
  }
  uint64_t available = std::min(disk.availableBytes, disk.capacityBytes);
  auto used = 100 - int64_t(available * 100.0 / disk.capacityBytes);
  if (used < settings_.highThresholdPercent) co_return Result<void>();
  uint64_t target = disk.capacityBytes / 100 * uint64_t(100 - settings_.lowThresholdPercent);
  uint64_t wanted = target > available ? target - available : 0;
  context_.log.info("the disk of the images is ", used, "% full: trying to free ", wanted, " bytes");
  CLEAT_CO_TRY(uint64_t freed, co_await freeSpace(images, wanted, now));
  if (freed >= wanted) co_return Result<void>();
  std::string why = concat("Insufficient free disk space on the node's image filesystem (", used, "% of ",
                           sizeText(disk.capacityBytes),
                           " used). Failed to free sufficient space by deleting unused images (freed ", freed,
                           " bytes). Investigate disk usage, as it could be used by active images, logs, volumes, or "
                           "other data.");
  events_.record(node_, "Warning", "FreeDiskSpaceFailed", why);
  co_return fail(Status::internal(why));
}

// Whether it is in use now: a pod may have come for it at any time.
bool ImageCollector::isUsed(const std::string& id, const std::vector<std::string>& names) const {
  std::set<std::string> used;
  for (const std::string& image : used_()) addForms(used, image);
  return used.contains(id) ||
         std::any_of(names.begin(), names.end(), [&](const auto& each) { return used.contains(each); });
}

// Which images may go, in the order in which they would.
Task<Result<std::vector<ImageCollector::Unused>>> ImageCollector::look(Instant now) {
  CLEAT_CO_TRY(auto listed, co_await runtime_.listImages());
  std::vector<Unused> unused;
  std::set<std::string> ids;
  for (auto image : listed->getImages()) {
    std::string id = str(image.getId());
    ids.insert(id);
    Seen& seen = seen_.try_emplace(id, Seen{now, {}, false}).first->second;
    auto names = strings(image.getNames());
    for (auto digest : image.getDigests()) names.push_back(str(digest));
    if (isUsed(id, names)) {
      seen.lastUsed = now;
      seen.everUsed = true;
      continue;
    }
    bool pinned = std::any_of(names.begin(), names.end(), [&](const std::string& text) {
      auto name = parseImageName(text);
      return name && settings_.pinned.holds(*name);
    });
    if (!pinned) unused.push_back({std::move(id), std::move(names), image.getSizeBytes(), seen});
  }
  std::erase_if(seen_, [&](const auto& each) { return !ids.contains(each.first); });
  co_await records_.keepOnly(std::move(ids), now);
  std::sort(unused.begin(), unused.end(), [](const Unused& a, const Unused& b) {
    auto order = [](const Unused& each) { return std::tuple(each.seen.everUsed, each.seen.lastUsed, each.seen.first); };
    return order(a) < order(b);
  });
  co_return unused;
}

Task<void> ImageCollector::freeOld(std::vector<Unused>& images, Instant now) {
  std::vector<Unused> kept;
  for (Unused& image : images) {
    Instant last = image.seen.everUsed ? image.seen.lastUsed : image.seen.first;
    if (now - last > settings_.maximumAge) {
      Result<uint64_t> removed = co_await remove(image);
      if (removed) continue;
      context_.log.warn("cannot remove the image ", image.id, ": ", removed.error());
    }
    kept.push_back(std::move(image));
  }
  images = std::move(kept);
}

Task<Result<uint64_t>> ImageCollector::freeSpace(std::vector<Unused>& images, uint64_t wanted, Instant now) {
  uint64_t freed = 0;
  std::string errors;
  int failures = 0;
  for (const Unused& image : images) {
    if (freed >= wanted) break;
    if (now - image.seen.first < settings_.minimumAge) continue;
    Result<uint64_t> removed = co_await remove(image);
    if (removed) {
      freed += *removed;
      continue;
    }
    errors += concat(errors.empty() ? "" : ", ", removed.error());
    ++failures;
  }
  if (failures > 0) {
    if (failures > 1) errors = concat("[", errors, "]");
    co_return fail(Status::internal(concat("wanted to free ", wanted, " bytes, but freed ", freed,
                                           " bytes space with errors in image deletion: ", errors)));
  }
  co_return freed;
}

// How many bytes that frees: none when it is in use by now.
Task<Result<uint64_t>> ImageCollector::remove(const Unused& image) {
  if (isUsed(image.id, image.names)) co_return uint64_t{0};
  CLEAT_CO_TRY(co_await runtime_.removeImage(image.id));
  seen_.erase(image.id);
  context_.log.info("removed the unused image ", image.id, " of ", image.sizeBytes, " bytes");
  co_return image.sizeBytes;
}

}  // namespace cleat::agent
