// SPDX-License-Identifier: Apache-2.0
#include "tests/component/cas/store_bench.h"

namespace weir::cas {
namespace {

constexpr uint64_t kPart = 1000;

// Notes that a text was committed.
template <typename Committed>
Result<void> note(bool& told, const Committed& committed) {
  if (!committed) return fail(committed.error());
  told = true;
  return {};
}

}  // namespace

std::filesystem::path fast_folder() {
  return ::access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : std::filesystem::temp_directory_path();
}

Result<void> StoreBench::open() {
  store.reset();
  TRY_ASSIGN(store, BlobStore::open(Options{root}));
  return {};
}

Result<void> StoreBench::close() {
  store.reset();
  return {};
}

Result<void> StoreBench::put_small(std::string_view text) {
  bool& stored = told[std::string(text)];
  TRY_ASSIGN(auto blob, store->create_unnamed());
  TRY(blob->append(text.substr(0, text.size() / 2)));
  TRY(blob->append(text.substr(text.size() / 2)));
  return note(stored, blob->commit());
}

Result<void> StoreBench::download(std::string_view text) {
  bool& stored = told[std::string(text)];
  TRY_ASSIGN(auto partial, store->open_partial(sha256(text), text.size()));
  for (auto gap : partial->missing({0, text.size()}))
    TRY(partial->write(gap.begin, text.substr(gap.begin, gap.size()), Trust::trusted));
  return note(stored, partial->commit());
}

Result<void> StoreBench::download_backwards(std::string_view text) {
  bool& stored = told[std::string(text)];
  TRY_ASSIGN(auto partial, store->open_partial(sha256(text), text.size()));
  for (uint64_t end = text.size(); end > 0; end -= std::min(end, kPart)) {
    auto begin = end - std::min(end, kPart);
    TRY(partial->write(begin, text.substr(begin, end - begin), Trust::trusted));
    TRY(partial->save_map());
  }
  return note(stored, partial->commit());
}

Result<void> StoreBench::download_half(std::string_view text) {
  told.try_emplace(std::string(text), false);
  TRY_ASSIGN(auto partial, store->open_partial(sha256(text), text.size()));
  auto half = text.size() / 2;
  TRY(partial->write(half, text.substr(half, kPart), Trust::trusted));
  TRY(partial->checkpoint());
  TRY(partial->write(half + kPart, text.substr(half + kPart), Trust::trusted));
  return partial->save_map();
}

Result<void> StoreBench::download_wrong(std::string_view text) {
  told.try_emplace(std::string(text), false);
  came_wrong.insert(std::string(text));
  TRY_ASSIGN(auto partial, store->open_partial(sha256(text), text.size()));
  TRY(partial->write(0, std::string(text.size(), '#'), Trust::trusted));
  auto committed = partial->commit();
  if (committed) return fail(ErrorCode::invalid, "wrong bytes were stored");
  return committed.error().code == ErrorCode::digest_mismatch ? Result<void>() : fail(committed.error());
}

Result<void> StoreBench::touch(std::string_view text) {
  auto digest = sha256(text);
  auto path = Layout(root).object(digest);
  timespec times[2] = {{0, UTIME_OMIT}, {1, 0}};
  ::utimensat(AT_FDCWD, path.c_str(), times, 0);
  TRY_ASSIGN(auto blob, store->open_blob(digest));
  return blob ? fail(ErrorCode::invalid, "a touched file was trusted") : Result<void>();
}

Result<void> StoreBench::verify(std::string_view text) {
  TRY_ASSIGN(auto verdict, store->verify(sha256(text)));
  return verdict == Verdict::right ? Result<void>() : fail(ErrorCode::io, "it could not be verified");
}

Result<void> StoreBench::discard(std::string_view text) {
  TRY_ASSIGN(auto partial, store->open_partial(sha256(text), text.size()));
  return partial->discard();
}

Result<std::string> StoreBench::read(const Sha256& digest) {
  TRY_ASSIGN(auto blob, store->open_blob(digest));
  return blob ? text_of_blob(**blob, (*blob)->size()) : "(absent)";
}

std::string StoreBench::faults() {
  std::string found;
  for (auto& [text, was_told] : told) {
    auto digest = sha256(text);
    auto served = read(digest);
    if (served && *served == text) continue;
    auto name = text.substr(0, 20);
    if (!served || *served != "(absent)") found += name + " is served wrong; ";
    auto partial = store->open_partial(digest, text.size());
    if (!partial) {
      found += name + " cannot be resumed: " + partial.error().message + "; ";
      continue;
    }
    if (was_told && !(*partial)->complete()) found += name + " was reported stored and is lost; ";
    for (auto gap : (*partial)->missing({0, text.size()}))
      if (!(*partial)->write(gap.begin, std::string_view(text).substr(gap.begin, gap.size()), Trust::trusted))
        found += "(write) ";
    // What is held must be right: readers of a range get it before the whole is verified.
    if (!came_wrong.contains(text) && text_of_blob(*(*partial)->file(), text.size()) != text)
      found += name + " claims bytes that it has not; ";
    if (auto blob = (*partial)->commit(); !blob && !came_wrong.contains(text))
      found += name + ": " + blob.error().message + "; ";
  }
  return found;
}

}  // namespace weir::cas
