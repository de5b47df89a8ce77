import { useEffect, useState } from 'react';
import { Input } from 'antd';
import { SearchOutlined } from '@ant-design/icons';

/* Searches when the typing stops, so that Enter is not needed; `/` comes here. */
export function SearchBox({ value, onSearch, label }: { value: string; onSearch: (q: string) => void; label: string }) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return undefined;
    const id = setTimeout(() => onSearch(text.trim()), 350);
    return () => clearTimeout(id);
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [text]);
  return (
    <Input
      type="search"
      className="search-box find"
      allowClear
      prefix={<SearchOutlined aria-hidden />}
      value={text}
      placeholder={label}
      aria-label={label}
      onChange={(e) => setText(e.target.value)}
      onPressEnter={() => onSearch(text.trim())}
    />
  );
}
