// SPDX-License-Identifier: Apache-2.0
#include "tests/fakes/disk_journal.h"

#include <sys/stat.h>

#include <algorithm>
#include <fstream>

namespace weir::fakes {
namespace {

bool is_within(const std::string& path, const std::string& folder) {
  return path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/';
}

bool is_child(const std::string& path, const std::string& folder) {
  auto parent = path.substr(0, path.rfind('/') == std::string::npos ? 0 : path.rfind('/'));
  return parent == folder;
}

}  // namespace

std::optional<DiskJournal::FileId> DiskJournal::find(const std::string& path) const {
  auto found = now_.names.find(path);
  return found == now_.names.end() ? std::nullopt : std::optional(found->second);
}

void DiskJournal::record(Change change) {
  change(now_);
  operations_.push_back({std::move(change)});
}

void DiskJournal::created(const std::string& path) {
  record([path](State& state) {
    state.names[path] = state.files.size();
    state.files.push_back({});
  });
}

void DiskJournal::folder_made(const std::string& path) {
  record([path](State& state) {
    state.names[path] = state.files.size();
    state.files.push_back({});
    state.files.back().is_folder = true;
  });
}

void DiskJournal::renamed(const std::string& from, const std::string& to) {
  record([from, to](State& state) {
    std::map<std::string, FileId> moved;
    for (auto name = state.names.begin(); name != state.names.end();) {
      bool moves = name->first == from || is_within(name->first, from);
      if (moves) moved[to + name->first.substr(from.size())] = name->second;
      name = moves ? state.names.erase(name) : std::next(name);
    }
    for (auto& [path, file] : moved) state.names[path] = file;
  });
}

void DiskJournal::removed(const std::string& path) {
  record([path](State& state) { state.names.erase(path); });
}

void DiskJournal::folder_synced(const std::string& path) {
  record([path](State& state) {
    std::erase_if(state.names_on_disk, [&](auto& name) { return is_child(name.first, path); });
    for (auto& [name, file] : state.names)
      if (is_child(name, path)) state.names_on_disk[name] = file;
  });
}

void DiskJournal::written(FileId file, uint64_t offset, std::string bytes) {
  record([file, offset, bytes = std::move(bytes)](State& state) {
    auto& live = state.files[file].live;
    live.resize(std::max(live.size(), static_cast<size_t>(offset) + bytes.size()));
    live.replace(static_cast<size_t>(offset), bytes.size(), bytes);
  });
}

void DiskJournal::resized(FileId file, uint64_t length) {
  record([file, length](State& state) { state.files[file].live.resize(static_cast<size_t>(length)); });
}

void DiskJournal::synced(FileId file) {
  record([file](State& state) { state.files[file].on_disk = state.files[file].live; });
}

void DiskJournal::stamped(FileId file, DiskStamp stamp, mode_t mode) {
  auto change = [file, stamp, mode](State& state) {
    state.files[file].stamp = stamp;
    state.files[file].mode = mode;
  };
  change(now_);
  if (operations_.empty()) operations_.emplace_back();
  operations_.back().push_back(change);
}

std::string DiskJournal::bytes_left(const File& file, Loss loss) {
  if (loss == Loss::nothing) return file.live;
  auto bytes = file.on_disk;
  if (loss == Loss::bytes_zeroed) bytes.resize(file.live.size());
  if (loss == Loss::bytes_cut) bytes.resize(std::min(file.live.size(), bytes.size()));
  return bytes;
}

std::vector<Reproduced> DiskJournal::reproduce(size_t operations, Loss loss, const std::filesystem::path& to) const {
  State state;
  for (size_t i = 0; i < operations; ++i)
    for (auto& change : operations_[i]) change(state);
  std::vector<Reproduced> made;
  for (auto& [name, id] : loss == Loss::all_unsynced ? state.names_on_disk : state.names) {
    auto& file = state.files[id];
    auto path = to / name;
    // The folder that it stands in may have been lost.
    if (!std::filesystem::is_directory(path.parent_path())) continue;
    if (file.is_folder) {
      std::filesystem::create_directory(path);
      continue;
    }
    auto bytes = bytes_left(file, loss);
    std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    ::chmod(path.c_str(), file.mode);
    made.push_back({path, file.stamp});
  }
  return made;
}

}  // namespace weir::fakes
