// SPDX-License-Identifier: Apache-2.0
// The shelf is objects/ with its catalogue and the quarantine beside it.  publish() is the only function that puts a
// file there, and callers come to it with a file that they have hashed.  Safe from any thread.
#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include "cas/blob.h"
#include "cas/catalog.h"
#include "cas/disk.h"
#include "cas/layout.h"
#include "cas/loose.h"
#include "cas/open_files.h"
#include "cas/quarantine.h"
#include "cas/recent_files.h"

namespace weir::cas {

// What hashing an object found.
enum class Verdict {
  right,       // it is trusted from now on
  wrong,       // it is in quarantine now
  unreadable,  // the disk does not give its bytes
  absent,      // or it went, or was replaced, meanwhile
};

// What becomes of an object that the disk does not give.
enum class Unreadable { leave, quarantine };

class Shelf {
 public:
  static Result<std::unique_ptr<Shelf>> open(const Layout& layout, const Quarantine::Limits& limits);

  const Layout& layout() const { return layout_; }
  Catalog& catalog() { return *catalog_; }
  const Catalog& catalog() const { return *catalog_; }
  const Quarantine& quarantined() const { return *quarantine_; }

  // A verified blob whose file is as it was at publication; nothing when there is none.  A file that was changed is
  // trusted no more and answers nothing.  Costs an fstat, and an open if that was not done lately.  Errors: io.
  Result<std::optional<std::shared_ptr<const Blob>>> open_blob(const Sha256& digest);

  // Blocking.  Gives the file named `from` its final name and makes that durable.  The caller has verified size and
  // digest, when the file was as `verified` says; one that was changed since is an error (io) and not trusted. Where a
  // verified blob of the same digest stands already, `from` is removed and that one is the answer. After an error it
  // may be called again, unless the bytes could not be synced: then `from` is removed.  `loose` is what was counted of
  // the file; it is cleared in the step that counts it as a blob.
  Result<std::shared_ptr<const Blob>> publish(std::shared_ptr<const BlobFile> file, const std::filesystem::path& from,
                                              const FileStamp& verified, Loose& loose);

  // Blocking.  Removes a blob to make room.  False when it was used since it was named, or is open.  The file goes
  // before its row in the index: a crash between the two leaves a row that the next start drops.  Errors: io.
  Result<bool> remove(const Candidate& blob);
  // Blocking.  Removes a blob that nobody wants any more, used or not; who has it open reads on.  Its size; nothing
  // when there was none.  Errors: io.
  Result<std::optional<uint64_t>> discard(const Sha256& digest);
  // Blocking.  Removes those of the objects' folders that hold nothing.
  void remove_empty_folders();
  // Who reads or fills which digest.
  OpenFiles& open_files() { return *open_files_; }
  // Calls `look` while no file changes its name and its count.
  template <typename Look>
  auto while_nothing_moves(Look look) {
    std::lock_guard lock(placing_);
    return look();
  }

  // Blocking.  Hashes what stands under the digest's name.  Errors: io, cancelled by the gate.
  Result<Verdict> verify(const Sha256& digest, const ReadGate& gate = {}, Unreadable unreadable = Unreadable::leave);

  // Blocking.  Moves an object that is not verified back to partial/, where it is hashed like any resumed partial blob;
  // one of more than `size_at_most` bytes, or that is no plain file, is quarantined.  A partial blob that stood there
  // makes room.  A verified object is left alone.
  Result<void> take_down_unverified(const Sha256& digest, uint64_t size_at_most);

  // Wrong bytes of this digest were seen elsewhere.
  void note_wrong_bytes(const Sha256& digest, WallTime now) { quarantine_->note(digest, now); }
  // Blocking.  Moves a file to the quarantine.
  Result<void> quarantine(const std::filesystem::path& path, const Sha256& digest);

 private:
  explicit Shelf(const Layout& layout);
  Result<RecentFiles::File> open_object(const Sha256& digest, const FileStamp& recorded);
  Result<OpenedFile> open_by_name(const Sha256& digest);
  Result<void> seal(const BlobFile& file, const std::filesystem::path& from);
  Result<bool> place(const BlobFile& file, const std::filesystem::path& from, const FileStamp& verified, Loose& loose);
  Result<void> make_durable(const BlobFile& file, const std::filesystem::path& from);
  Result<Verdict> settle_verdict(const Sha256& digest, const OpenedFile& object, Verdict verdict);
  Result<void> publish_again(const BlobFile& file, const std::filesystem::path& from);

  Layout layout_;
  std::unique_ptr<Catalog> catalog_;
  std::unique_ptr<Quarantine> quarantine_;
  std::shared_ptr<OpenFiles> open_files_ = std::make_shared<OpenFiles>();
  RecentFiles recent_;
  std::mutex placing_;  // over a change of name in objects/ and of its entry in the catalogue
};

}  // namespace weir::cas
