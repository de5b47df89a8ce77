// The peer: the same one-row select as JSON, without authorisation, masks or audit.
import Fastify from 'fastify';
import postgres from 'postgres';

const sql = postgres({ host: process.env.SOCKET, database: 'shuzhi', user: 'shuzhi', max: 8 });
const app = Fastify();
app.get('/records/:key', async (request, reply) => {
  const rows = await sql`select id_number, name, mobile, birth_date::text, division, address from data.person where id_number = ${request.params.key}`;
  return rows[0] ?? reply.code(404).send({});
});
await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) });
console.log('ready');
