// SPDX-License-Identifier: Apache-2.0
#include "cas/boot_mark.h"

#include <optional>
#include <string>

#include "base/files.h"
#include "base/log.h"
#include "base/random.h"
#include "cas/disk.h"
#include "cas/map_file.h"

namespace weir::cas {
namespace {

constexpr char kBootId[] = "/proc/sys/kernel/random/boot_id";
constexpr size_t kMarkLimit = 256;
constexpr mode_t kMarkMode = 0600;

// Without /proc no two runs of the kernel look alike: too much is fetched again, and nothing wrong is believed.
std::string current_boot() {
  auto id = read_file(kBootId, kMarkLimit);
  return id && *id ? **id : to_hex(random_bytes(16)) + "\n";
}

// Calls `visit(digest)` for each partial blob that is a plain file.
template <typename Visit>
Result<void> for_each_partial(const Layout& layout, Visit visit) {
  TRY_ASSIGN(auto paths, paths_in(layout.partials()));
  for (auto& path : paths) {
    auto digest = Sha256::from_hex(path.filename().string());
    if (digest && is_plain_file(path)) TRY(visit(*digest));
  }
  return {};
}

Result<void> believe_checkpoints_alone(const Layout& layout) {
  log::warning(
      "the machine went down while the store was open: partial downloads go on from what was on the disk for certain");
  return for_each_partial(layout, [&](const Sha256& digest) { return fall_back_to_checkpoint(layout, digest); });
}

// What can be no mark is that of another run: nothing is lost but bytes that may not be on the disk.
Result<std::optional<std::string>> mark_of(const Layout& layout) {
  auto mark = read_regular_file(layout.boot(), Links::refuse, kMarkLimit);
  if (mark || mark.error().code != ErrorCode::invalid) return mark;
  log::warning("the mark of the kernel's run cannot be used ({}); it is set aside", mark.error().message);
  TRY(set_aside(layout.boot()));
  return "";
}

}  // namespace

Result<void> settle_partials(const Layout& layout) {
  TRY_ASSIGN(auto mark, mark_of(layout));
  auto boot = current_boot();
  if (mark == boot) return {};
  if (mark) TRY(believe_checkpoints_alone(layout));
  return write_file_atomically(layout.boot(), boot, kMarkMode);
}

Result<void> close_partials(const Layout& layout) {
  TRY(for_each_partial(layout, [&](const Sha256& digest) -> Result<void> {
    TRY_ASSIGN(auto file, open_existing(layout.partial(digest), Access::read));
    return file.found == Found::plain ? sync_file(file.fd.get(), layout.partial(digest)) : Result<void>();
  }));
  TRY(sync_folder(layout.partials()));
  TRY(remove_name(layout.boot()));
  return sync_folder(layout.root());
}

}  // namespace weir::cas
