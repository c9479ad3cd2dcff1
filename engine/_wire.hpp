// Protocol Buffers' wire format, as far as an answer needs it. No Python here.
//
// Fields of the value zero and empty strings are left out, as proto3 does; fields must be written in the order of their
// numbers for the bytes to equal the generated classes'. A nested message is written in place: its length is put in
// front once it is known, which moves its bytes when they are 128 or more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace wire {

class Writer {
   public:
    Writer() { out_.reserve(kFirstBytes); }

    const char* data() const { return out_.data(); }
    size_t size() const { return out_.size(); }
    void clear() { out_.clear(); }

    void number(uint32_t field, uint64_t value) {
        if (value == 0) return;
        varint(field << 3 | kVarint);
        varint(value);
    }

    void real(uint32_t field, double value) {
        uint64_t bits;
        std::memcpy(&bits, &value, sizeof bits);
        if (bits == 0) return;  // -0.0 is not the default
        varint(field << 3 | kFixed64);
        char bytes[sizeof bits];
        for (size_t at = 0; at < sizeof bits; ++at) bytes[at] = static_cast<char>(bits >> (8 * at));
        out_.append(bytes, sizeof bytes);
    }

    void text(uint32_t field, const char* data, size_t size) {
        if (size != 0) item(field, data, size);
    }

    // An element of a repeated string: written even if empty.
    void item(uint32_t field, const char* data, size_t size) {
        varint(field << 3 | kBytes);
        varint(size);
        out_.append(data, size);
    }

    void begin(uint32_t field) {
        varint(field << 3 | kBytes);
        open_.push_back(out_.size());
        out_.push_back('\0');
    }

    void end() {
        const size_t start = open_.back();
        open_.pop_back();
        uint64_t length = out_.size() - start - 1;
        char bytes[10];
        size_t count = 0;
        for (; length >= 0x80; length >>= 7) bytes[count++] = static_cast<char>(length | 0x80);
        bytes[count++] = static_cast<char>(length);
        out_[start] = bytes[0];
        if (count > 1) out_.insert(start + 1, bytes + 1, count - 1);
    }

   private:
    static constexpr size_t kFirstBytes = 16384;
    static constexpr uint32_t kVarint = 0, kFixed64 = 1, kBytes = 2;

    void varint(uint64_t value) {
        for (; value >= 0x80; value >>= 7) out_.push_back(static_cast<char>(value | 0x80));
        out_.push_back(static_cast<char>(value));
    }

    std::string out_;
    std::vector<size_t> open_;
};

}  // namespace wire
