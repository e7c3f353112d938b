import CLibPQ

extension PostgresResult {
    /// A result that no server has sent: for trying the accessors on any bytes, where libpq would put them.
    ///
    /// `columns` are the types. Each row has as many values as there are columns; nil is NULL. Nil when memory is short or a row is not of that
    /// length. Values are in binary format.
    package init?(columns: [UInt32], rows: [[[UInt8]?]]) {
        guard let result = PQmakeEmptyPGresult(nil, PGRES_TUPLES_OK) else { return nil }
        let handle = ResultHandle(result)
        // libpq copies the names.
        var name: [CChar] = Array("column".utf8CString)
        let isSet = name.withUnsafeMutableBufferPointer { name in
            var attributes = columns.map { oid in
                PGresAttDesc(
                    name: name.baseAddress,
                    tableid: 0,
                    columnid: 0,
                    format: 1,
                    typid: oid,
                    typlen: -1,
                    atttypmod: -1
                )
            }
            return PQsetResultAttrs(result, Int32(attributes.count), &attributes) == 1
        }
        guard isSet || columns.isEmpty else { return nil }
        for (row, values) in rows.enumerated() {
            guard values.count == columns.count else { return nil }
            for (column, value) in values.enumerated() {
                var bytes = (value ?? []).map { CChar(bitPattern: $0) }
                let count = value == nil ? -1 : Int32(clamping: bytes.count)
                // An address even for no bytes: to libpq no address means NULL.
                bytes.append(0)
                guard PQsetvalue(result, Int32(row), Int32(column), &bytes, count) == 1 else { return nil }
            }
        }
        self.init(handle)
    }
}
