// SPDX-License-Identifier: Apache-2.0
#include "tests/component/cas/store_bench.h"

#include <algorithm>

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

// Whether all that may be read is right: readers of a range get it before the whole is verified.
bool is_right(const PartialBlob& partial, std::string_view text) {
  auto bytes = text_of_blob(*partial.file(), text.size());
  auto ranges = partial.readable_ranges();
  return std::all_of(ranges.begin(), ranges.end(), [&](ByteRange range) {
    return range.end <= bytes.size() && bytes.compare(range.begin, range.size(), text, range.begin, range.size()) == 0;
  });
}

// Has the origin send what is missing, and then, if it must be, what strangers sent.
Result<void> finish(PartialBlob& partial, std::string_view text) {
  for (auto gap : partial.missing({0, text.size()}))
    TRY(partial.write(gap.begin, text.substr(gap.begin, gap.size()), Trust::trusted));
  auto blob = partial.commit();
  if (!blob && blob.error().code == ErrorCode::digest_mismatch && partial.has_untrusted()) {
    TRY(partial.write(0, text, Trust::trusted));
    blob = partial.commit();
  }
  return blob ? Result<void>() : fail(blob.error());
}

}  // namespace

std::filesystem::path fast_folder() {
  return ::access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : std::filesystem::temp_directory_path();
}

Result<void> StoreBench::open(uint64_t max_size) {
  TRY(close());
  TRY_ASSIGN(store, BlobStore::open(Options{root, max_size}));
  return {};
}

Result<void> StoreBench::close() {
  being_read_.reset();
  text_being_read_.clear();
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
  TRY(partial->reserve({0, text.size()}));
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

// Of ten parts the second and the third come from the origin, the others from strangers; the first and the seventh are
// lies.
Result<void> StoreBench::download_from_strangers(std::string_view text) {
  bool& stored = told[std::string(text)];
  TRY_ASSIGN(auto partial, store->open_partial(sha256(text), text.size()));
  auto part = text.size() / 10;
  std::string lie(part, '#');
  TRY(partial->write(0, lie, Trust::untrusted));
  TRY(partial->write(part, text.substr(part, 2 * part), Trust::trusted));
  TRY(partial->checkpoint());
  TRY(partial->write(6 * part, lie, Trust::untrusted));
  TRY(partial->write(3 * part, text.substr(3 * part), Trust::untrusted));
  TRY(partial->save_map());
  auto committed = partial->commit();
  if (committed || committed.error().code != ErrorCode::digest_mismatch) return note(stored, committed);
  if (!partial->has_untrusted()) return fail(ErrorCode::invalid, "right bytes were taken for wrong ones");
  TRY(partial->forget({0, part}));
  TRY(partial->write(0, text.substr(0, part), Trust::trusted));
  TRY(partial->save_map());
  TRY(partial->write(5 * part, text.substr(5 * part, 2 * part), Trust::trusted));
  TRY(partial->save_map());
  TRY(partial->checkpoint());
  return note(stored, partial->commit());
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

Result<void> StoreBench::download_into(uint64_t max_size, std::string_view text) {
  let_go_of_all_but(text);
  TRY(open(max_size));
  TRY(download(text));
  if (store->totals().bytes + store->loose_bytes() > max_size) return fail(ErrorCode::invalid, "too little went");
  return open();
}

Result<void> StoreBench::start_reading(std::string_view text) {
  TRY_ASSIGN(auto blob, store->open_blob(sha256(text)));
  if (!blob) return fail(ErrorCode::invalid, "what is to be read is not there");
  being_read_ = *blob;
  text_being_read_ = text;
  return {};
}

Result<void> StoreBench::evict_all() {
  let_go_of_all_but(text_being_read_);
  auto max_size = std::max<uint64_t>(text_being_read_.size(), 1);
  TRY_ASSIGN(auto collected, store->space().collect(Collect::for_real, max_size));
  if (collected.short_by > 0) return fail(ErrorCode::invalid, "too little went");
  for (auto& [text, stored] : told) {
    bool left = is_there(Layout(root).object(sha256(text))) || is_there(Layout(root).partial(sha256(text)));
    if (left && text != text_being_read_) return fail(ErrorCode::invalid, "a file stayed that no longer counts");
  }
  return store->flush();
}

Result<void> StoreBench::remove(std::string_view text) {
  told[std::string(text)] = false;
  TRY(store->discard(sha256(text)));
  return store->flush();
}

void StoreBench::let_go_of_all_but(std::string_view text) {
  for (auto& [each, stored] : told) stored = stored && each == text;
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
    bool may_be_wrong = came_wrong.contains(text);
    if (!may_be_wrong && !is_right(**partial, text)) found += name + " claims bytes that it has not; ";
    if (auto finished = finish(**partial, text); !finished && !may_be_wrong)
      found += name + ": " + finished.error().message + "; ";
    if (!may_be_wrong && !is_right(**partial, text)) found += name + " has other bytes than it should; ";
  }
  return found;
}

}  // namespace weir::cas
