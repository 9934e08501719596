// SPDX-License-Identifier: Apache-2.0
// A store on a disk that can fail, and what tests do to it again and again.  Each deed returns its error; what it was
// told to be stored is remembered, and must be there from then on, until a deed begins that may take it away.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "tests/unit/cas/test_folder.h"

namespace weir::cas {

std::filesystem::path fast_folder();

class StoreBench {
 public:
  Result<void> open(uint64_t max_size = 0);
  Result<void> close();

  // --- deeds
  // A small file whose digest is not known before its end.
  Result<void> put_small(std::string_view text);
  // A download in one piece, from where it was broken off.
  Result<void> download(std::string_view text);
  // The same from its end to its start, in parts, with its map saved.
  Result<void> download_backwards(std::string_view text);
  // The second half of it, and what was written is synced.
  Result<void> download_half(std::string_view text);
  // Wrong bytes come for this text.  Its error is that they were stored.
  Result<void> download_wrong(std::string_view text);
  // Untrusted sources send the most of it, and one of them lies; what the lies spoil comes again.
  Result<void> download_from_strangers(std::string_view text);
  // Somebody changes the time of a stored file; then it is opened.
  Result<void> touch(std::string_view text);
  Result<void> verify(std::string_view text);
  Result<void> discard(std::string_view text);
  // A download while the store has no more room than that; afterwards it has all there is.
  Result<void> download_into(uint64_t max_size, std::string_view text);
  // Somebody reads it, until the store is opened anew.
  Result<void> start_reading(std::string_view text);
  // All goes but what is being read.
  Result<void> evict_all();
  // By name, used or not.
  Result<void> remove(std::string_view text);

  // What the store answers with: the text, or "(absent)".
  Result<std::string> read(const Sha256& digest);

  // Nothing wrong is served or may be read, and all that was reported stored is there, if need be after hashing.  Names
  // what is not.
  std::string faults();

  // In memory where there is such a place: thousands of stores are made.
  TestFolder folder{fast_folder()};
  std::filesystem::path root = folder.path() / "store";
  std::unique_ptr<BlobStore> store;
  std::map<std::string, bool> told;  // texts that were asked to be stored, and whether it was reported done
  std::set<std::string> came_wrong;  // texts of which wrong bytes may be held still

 private:
  // From now on the store may do without all others.
  void let_go_of_all_but(std::string_view text);

  std::shared_ptr<const Blob> being_read_;
  std::string text_being_read_;
};

}  // namespace weir::cas
